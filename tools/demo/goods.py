"""The demo's twelve products as shapes and materials, each a function that returns its parts.

A part is a mesh and a Mitsuba material. Sizes in units of about five centimetres, feet at y = 0.
"""

from collections.abc import Callable
from pathlib import Path

import labels
import numpy as np
from shapes import Mesh, box, fillet, sheet, tube, turned

Part = tuple[Mesh, dict]
BUILD = Path("build/demo/textures")


def linear(text: str) -> list[float]:
    """``#rrggbb`` (sRGB) as linear light."""
    srgb = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in srgb]


def paint(text: str, roughness: float = 0.5, **more: float) -> dict:
    """A plain coloured material (Disney's principled model)."""
    colour = {"type": "rgb", "value": linear(text)}
    return {"type": "twosided", "inner": {"type": "principled", "base_color": colour, "roughness": roughness, **more}}


def printed(path: Path, roughness: float = 0.45, **more: float) -> dict:
    """The same with a picture for its colour."""
    texture = {"type": "bitmap", "filename": str(path), "wrap_mode": "clamp", "to_uv": upside_down()}
    return {"type": "twosided", "inner": {"type": "principled", "base_color": texture, "roughness": roughness, **more}}


def upside_down() -> object:
    """Pictures count from the top, texture coordinates from the foot."""
    import mitsuba as mi

    return mi.ScalarTransform3f().translate([0, 1]).scale([1, -1])


def bumped(inner: dict, path: Path, scale: float, repeat: float) -> dict:
    """A material with small hills from a picture; linear values."""
    import mitsuba as mi

    return {
        "type": "bumpmap",
        "arbitrary": {
            "type": "bitmap",
            "filename": str(path),
            "raw": True,
            "to_uv": mi.ScalarTransform3f().scale([repeat, repeat]),
        },
        "scale": scale,
        "bsdf": inner["inner"] if inner["type"] == "twosided" else inner,
    }


def label_path(name: str) -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    return BUILD / f"{name}.png"


def save_gray(name: str, values: np.ndarray) -> Path:
    """A height picture, 0..1, as a file."""
    import skia

    path = label_path(name)
    level = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    rgba = np.dstack([level, level, level, np.full_like(level, 255)])
    skia.Image.fromarray(rgba, colorType=skia.kRGBA_8888_ColorType).save(str(path), skia.kPNG)
    return path


def serum() -> list[Part]:
    art = label_path("serum")
    labels.wrap_label(art, 2600, 950, "#6f8a86", "#f7f1e6", [
        ("Rainfall", 0.50, 0.235, labels.SERIF), ("hydrating serum", 0.60, 0.098, labels.ITALIC),
        ("30 ML · 1.0 FL OZ", 0.84, 0.062, labels.SANS)], mark=(0.25, 0.2), brand=None)  # fmt: skip
    body = fillet([(0.0, 0, 0), (0.86, 0, 0.09), (0.86, 1.95, 0.42), (0.36, 2.18, 0.08), (0.36, 2.34, 0)], 12)
    label_part = turned(np.array([(0.863, 0.12), (0.863, 1.62)]))
    collar = fillet([(0.0, 2.26, 0), (0.43, 2.26, 0.02), (0.43, 2.72, 0.04), (0.28, 2.74, 0.02), (0.27, 2.78, 0)])
    bulb = fillet([(0.27, 2.74, 0), (0.29, 2.86, 0.05), (0.285, 3.35, 0.22), (0.12, 3.58, 0.1), (0.0, 3.58, 0)], 14)
    gloss = {"clearcoat": 1.0, "clearcoat_gloss": 0.92, "specular": 0.6}
    return [
        (turned(body), paint("#6f8a86", 0.28, **gloss)),
        (label_part, printed(art, 0.28, **gloss)),
        (turned(collar), paint("#d9b98a", 0.22, metallic=1.0)),
        (turned(bulb), paint("#f3ede2", 0.5)),
    ]


def cream() -> list[Part]:
    art = label_path("cream")
    labels.wrap_label(art, 3600, 760, "#f2e9dc", "#5b4a3c", [
        ("Slow Morning", 0.52, 0.155, labels.SERIF), ("everyday face cream", 0.70, 0.075, labels.ITALIC),
        ("50 ML · 1.7 FL OZ", 0.88, 0.045, labels.SANS)], mark=(0.22, 0.105))  # fmt: skip
    body = fillet([(0, 0, 0), (1.36, 0, 0.16), (1.36, 1.28, 0.1), (1.2, 1.3, 0)], 12)
    label_part = turned(np.array([(1.363, 0.18), (1.363, 1.18)]))
    lid = fillet([(1.2, 1.3, 0), (1.4, 1.3, 0.03), (1.4, 1.86, 0.13), (0, 1.88, 0)], 10)
    grain = wood("lid", 1400, 300)
    top = turned(np.array([(r, 1.881) for r in np.linspace(1.26, 0.001, 6)]))
    return [
        (turned(body), paint("#f2e9dc", 0.34, clearcoat=0.5)),
        (label_part, printed(art, 0.34, clearcoat=0.5)),
        (turned(lid), printed(grain, 0.5)),
        (top, paint("#c99c6b", 0.5)),
    ]


def wood(name: str, width: int, height: int, base: str = "#cda173") -> Path:
    """Straight-grained wood, ring lines running around."""
    import skia

    random = np.random.default_rng(5)
    rows = np.cumsum(random.normal(0, 1, height))
    rows = np.sin(np.linspace(0, 60, height) + 0.25 * rows)[:, None]
    fine = random.normal(0, 1, (height, width // 40)).repeat(40, axis=1)[:, :width]
    fine = (fine + np.roll(fine, 17, 1) + np.roll(fine, 31, 1)) / 3
    shade = 1 + 0.05 * rows + 0.045 * fine
    rgb = np.array([int(base[i : i + 2], 16) for i in (1, 3, 5)])
    picture = np.clip(rgb * shade[..., None], 0, 255).astype(np.uint8)
    rgba = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    path = label_path(f"wood-{name}")
    skia.Image.fromarray(np.ascontiguousarray(rgba), colorType=skia.kRGBA_8888_ColorType).save(str(path), skia.kPNG)
    return path


def cleanser() -> list[Part]:
    art = label_path("cleanser")
    labels.wrap_label(art, 2600, 1400, "#e7d5b8", "#54432f", [
        ("Oat & Honey", 0.46, 0.185, labels.SERIF), ("gentle cleanser", 0.535, 0.1, labels.ITALIC),
        ("200 ML · 6.7 FL OZ", 0.90, 0.058, labels.SANS)], mark=(0.24, 0.2))  # fmt: skip
    body = fillet([(0, 0, 0), (0.84, 0, 0.1), (0.84, 2.75, 0.24), (0.34, 2.86, 0.05), (0.34, 2.96, 0)], 12)
    collar = fillet([(0, 2.92, 0), (0.37, 2.92, 0.02), (0.37, 3.16, 0.05), (0.14, 3.18, 0.02), (0.14, 3.4, 0)])
    head = fillet([(0.1, 3.36, 0), (0.25, 3.38, 0.03), (0.25, 3.6, 0.07), (0, 3.62, 0)])
    spine = np.array([(0.1 + 0.75 * t, 3.5 - 0.17 * max(0, t - 0.72) ** 1.0 * 3, 0) for t in np.linspace(0, 1, 30)])
    ink = paint("#4a4136", 0.4)
    return [
        (turned(body), paint("#e7d5b8", 0.42, clearcoat=0.4)),
        (turned(np.array([(0.843, 0.15), (0.843, 2.55)])), printed(art, 0.42, clearcoat=0.4)),
        (turned(collar), ink), (turned(head), ink), (tube(spine, 0.095), ink),
    ]  # fmt: skip


def balm() -> list[Part]:
    art = label_path("balm")
    import skia

    surface = skia.Surface(1000, 1000)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour("#d9a98c"))
    ring = skia.Paint(AntiAlias=True, Color=labels.colour("#fbf4ea"), Style=skia.Paint.kStroke_Style, StrokeWidth=7)
    canvas.drawCircle(500, 500, 395, ring)
    cream_ink = labels.colour("#fbf4ea")
    labels.sprig(canvas, 500, 300, 190, cream_ink)
    labels.spaced(canvas, "Garden", 500, 545, 150, labels.SERIF, cream_ink)
    labels.spaced(canvas, "hand balm", 500, 640, 84, labels.ITALIC, cream_ink)
    labels.spaced(canvas, "QUIET ACRE", 500, 765, 44, labels.SANS, cream_ink, 10)
    surface.makeImageSnapshot().save(str(art), skia.kPNG)
    metal = paint("#d8d3cb", 0.26, metallic=1.0)

    def tin(angle: float, x: float, y: float, z: float, yaw: float = 0) -> list[Part]:
        foot = fillet([(0, 0, 0), (1.42, 0, 0.08), (1.42, 0.42, 0.02), (1.36, 0.42, 0)])
        lid = fillet([(1.4, 0.36, 0), (1.48, 0.36, 0.02), (1.48, 0.74, 0.09), (1.36, 0.77, 0.03), (1.3, 0.745, 0)])
        disc = sheet(
            lambda u, v: np.stack(
                [1.3 * v * np.sin(2 * np.pi * u), 0.745 + 0 * u, 1.3 * v * np.cos(2 * np.pi * u)], -1
            ),
            160,
            4,
        )
        disc.uv = np.stack([disc.points[:, 0] / 2.6 + 0.5, 0.5 - disc.points[:, 2] / 2.6], -1)
        disc.normals = np.tile([0.0, 1.0, 0.0], (len(disc.points), 1))
        parts: list[Part] = [(turned(foot), metal), (turned(lid), metal), (disc, printed(art, 0.4))]
        return [(m.turned_by(yaw=yaw, pitch=angle).moved(x, y, z), b) for m, b in parts]

    return [*tin(0, -0.1, 0, -0.7), *tin(66, 0.42, 1.42, 0.62, 8)]


def candle() -> list[Part]:
    art = label_path("candle")
    labels.wrap_label(art, 3200, 1050, "#b27a61", "#4b3328", [
        ("Cedar & Fig", 0.50, 0.108, labels.SERIF), ("soy candle", 0.60, 0.075, labels.ITALIC),
        ("220 G · 7.8 OZ", 0.74, 0.05, labels.SANS)], mark=(0.33, 0.13),
        card=(0.16, 0.84, 0.36), span=0.3)  # fmt: skip
    outer = fillet([(0, 0, 0), (1.12, 0, 0.12), (1.12, 2.3, 0.03), (1.03, 2.3, 0.03), (1.03, 1.9, 0)], 10)
    wax = fillet([(1.03, 2.14, 0), (0.9, 2.12, 0.1), (0.0, 2.1, 0)])
    flame = np.array(
        [(0.13 * np.sin(np.pi * t) ** 0.8 * (1 - 0.45 * t) + 1e-4, 2.3 + 0.5 * t) for t in np.linspace(0, 1, 30)]
    )
    wick = tube(np.array([(0, 2.05 + 0.28 * t, 0) for t in np.linspace(0, 1, 6)]), 0.025)
    glow = {"type": "diffuse", "reflectance": {"type": "rgb", "value": [0, 0, 0]}, "emit": [3.0, 1.75, 0.62]}
    return [
        (turned(outer), paint("#b27a61", 0.55)),
        (turned(np.array([(1.123, 0.15), (1.123, 2.2)])), printed(art, 0.6)),
        (turned(wax), paint("#f6ead2", 0.4)),
        (wick, paint("#33261d", 0.9)),
        (turned(flame), glow),
    ]


def mug() -> list[Part]:
    speckles = label_path("mug")
    import skia

    random = np.random.default_rng(11)
    surface = skia.Surface(2400, 800)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour("#8f9f86"))
    base = skia.Paint(AntiAlias=True, Color=labels.colour("#c9ab8a"))
    edge = skia.Path()
    edge.moveTo(0, 800)
    for x in range(0, 2401, 40):
        edge.lineTo(x, 640 + 9 * np.sin(x / 190) + 5 * np.sin(x / 61))
    edge.lineTo(2400, 800)
    canvas.drawPath(edge, base)
    dot = skia.Paint(AntiAlias=True)
    for _ in range(1500):
        dot.setColor(labels.colour("#4f5a49", int(random.integers(60, 170))))
        canvas.drawCircle(*random.uniform((0, 0), (2400, 800)), float(random.uniform(0.8, 3.2)), dot)
    surface.makeImageSnapshot().save(str(speckles), skia.kPNG)
    outer = fillet([(0, 0, 0), (1.0, 0, 0.2), (1.14, 1.0, 0.9), (1.12, 2.25, 0.0)], 16)
    inner = fillet([(1.12, 2.25, 0), (1.09, 2.3, 0.04), (1.03, 2.25, 0.02), (1.03, 0.4, 0.3), (0, 0.25, 0)], 12)
    t = np.linspace(-0.62 * np.pi, 0.62 * np.pi, 60)
    handle = np.stack([0.98 + 0.78 * np.cos(t), 1.2 + 0.72 * np.sin(t), 0 * t], -1)
    glaze = {"clearcoat": 0.8, "clearcoat_gloss": 0.85}
    coffee = turned(np.array([(r, 1.85) for r in np.linspace(1.03, 0.001, 8)]))
    parts: list[Part] = [
        (turned(outer), printed(speckles, 0.4, **glaze)),
        (turned(inner), paint("#efe7d8", 0.35, **glaze)),
        (coffee, paint("#3b2416", 0.12)),
        (tube(handle, 0.17, flat=1.0), paint("#8f9f86", 0.4, **glaze)),
    ]
    return [(m.turned_by(yaw=-28), b) for m, b in parts]


def tea() -> list[Part]:
    art = label_path("tea")
    labels.wrap_label(art, 2900, 1300, "#3f5148", "#3f5148", [
        ("Evening", 0.47, 0.165, labels.SERIF), ("herbal tea", 0.55, 0.105, labels.ITALIC),
        ("CHAMOMILE · MINT · LEMON PEEL", 0.66, 0.027, labels.SANS), ("40 CUPS · 80 G", 0.72, 0.045, labels.SANS)],
        mark=(0.31, 0.17), card=(0.17, 0.80, 0.37))  # fmt: skip
    body = fillet([(0, 0, 0), (1.0, 0, 0.05), (1.0, 2.6, 0.02), (0.96, 2.62, 0)])
    lid = fillet([(1.0, 2.5, 0), (1.03, 2.5, 0.01), (1.03, 3.02, 0.1), (0.5, 3.06, 0.05), (0, 3.08, 0)])
    knob = fillet(
        [(0, 3.06, 0), (0.16, 3.06, 0.03), (0.12, 3.2, 0.03), (0.22, 3.32, 0.08), (0.16, 3.42, 0.08), (0, 3.43, 0)]
    )
    brass = paint("#c9a36a", 0.27, metallic=1.0)
    return [
        (turned(body), paint("#3f5148", 0.42)),
        (turned(np.array([(1.003, 0.06), (1.003, 2.48)])), printed(art, 0.5)),
        (turned(lid), paint("#3f5148", 0.38)), (turned(knob), brass),
    ]  # fmt: skip


def folded(
    layers: int, width: float, thick: float, depth: float, colours: list[str], hills: tuple[Path, float, float], *,
    edge: float = 3.0, stripes: list[tuple[float, float, str]] | None = None, name: str = "cloth",
) -> list[Part]:  # fmt: skip
    """A stack of folded cloth seen from the folds. ``hills``: the weave's picture, its depth, how often it repeats."""
    parts: list[Part] = []
    random = np.random.default_rng(3)
    weave, deep, repeat = hills
    at = 0.0
    for number in range(layers):
        slab = box(width * (1 + random.uniform(-0.012, 0.012)), thick * 1.06, depth, 9.0, 110, edge)
        slab.points[:, 1] += 0.018 * np.sin(slab.points[:, 0] * 1.3 + number * 2) + at
        slab.points[:, 0] += random.uniform(-0.03, 0.03)
        around = np.arctan2(slab.points[:, 1] - at - thick / 2, np.abs(slab.points[:, 2]) - depth / 2 + thick / 2)
        slab.uv = np.stack(
            [slab.points[:, 0] / width + 0.5, slab.points[:, 2] / width + around * thick / 2 / width], -1
        )
        ground = colours[number % len(colours)]
        if stripes:
            inner = printed(striped(f"{name}-{number}", ground, stripes), 0.95, sheen=0.4)
            inner["inner"]["base_color"]["wrap_mode"] = "repeat"
        else:
            inner = paint(ground, 0.95, sheen=0.5)
        parts.append((slab, bumped(inner, weave, deep, repeat)))
        at += thick
    return parts


def striped(name: str, ground: str, stripes: list[tuple[float, float, str]]) -> Path:
    import skia

    surface = skia.Surface(1600, 64)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour(ground))
    for left, width, ink in stripes:
        fill = skia.Paint(AntiAlias=True, Color=labels.colour(ink))
        canvas.drawRect(skia.Rect.MakeXYWH(left * 1600, 0, width * 1600, 64), fill)
    path = label_path(f"stripes-{name}")
    surface.makeImageSnapshot().save(str(path), skia.kPNG)
    return path


def linen_weave() -> Path:
    y, x = np.mgrid[0:512, 0:512] * (2 * np.pi / 512)
    random = np.random.default_rng(2).normal(0, 0.18, (512, 512))
    return save_gray("weave", 0.5 + 0.22 * np.sin(40 * x) * np.cos(40 * y) + random)


def towels() -> list[Part]:
    stripes = [(0.10, 0.02, "#a3614a"), (0.14, 0.008, "#a3614a"), (0.852, 0.008, "#a3614a"), (0.88, 0.02, "#a3614a")]
    pale = [(left, width, "#f2ecdf") for left, width, _ in stripes]
    weave = (linen_weave(), 0.004, 4.0)
    stack: list[Part] = []
    for number, (ground, lines) in enumerate(
        (("#a9b39d", pale), ("#efe6d6", stripes), ("#d3ac94", pale), ("#efe6d6", stripes))
    ):
        (layer,) = folded(
            1, 3.3 - 0.04 * number, 0.36, 2.4, [ground], weave, edge=2.6, stripes=lines, name=f"towel-{number}"
        )
        stack.append((layer[0].turned_by(yaw=(-1) ** number * 1.5).moved(0.02 * number, 0.365 * number, 0), layer[1]))
    return stack


def throw() -> list[Part]:
    y, x = np.mgrid[0:512, 0:512] * (2 * np.pi / 512)
    waffle = save_gray("waffle", 0.5 + 0.5 * np.maximum(np.cos(4 * x), np.cos(4 * y)))
    return folded(4, 3.5, 0.52, 2.6, ["#e3d5bd"], (waffle, 0.022, 6.0), edge=2.5)


def tote() -> list[Part]:
    art = label_path("tote")
    import skia

    surface = skia.Surface(1400, 1500)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour("#ece2cf"))
    ink = labels.colour("#5c6b57")
    labels.sprig(canvas, 700, 640, 420, ink)
    labels.spaced(canvas, "Quiet Acre", 700, 1060, 150, labels.SERIF, ink)
    labels.spaced(canvas, "slow mornings, full bags", 700, 1140, 62, labels.ITALIC, ink)
    surface.makeImageSnapshot().save(str(art), skia.kPNG)

    def front(u: np.ndarray, v: np.ndarray, sign: float) -> np.ndarray:
        x = (u - 0.5) * 2 * (1.45 - 0.10 * v)
        belly = 0.55 * (1 - (2 * u - 1) ** 4) * (0.28 + 0.72 * (1 - v) ** 0.8) * (1 - np.exp(-14 * v))
        crease = 0.035 * np.sin(9 * u + 3 * v) * v + 0.022 * np.sin(17 * u - 5 * v) * (1 - v)
        y = 3.0 * v - 0.05 * np.cos(np.pi * (u - 0.5) * 2) * v
        return np.stack([x, y, sign * (belly + crease * (1 - (2 * u - 1) ** 6) + 0.03)], -1)

    weave = linen_weave()
    canvas_cloth = bumped(printed(art, 0.95, sheen=0.4), weave, 0.004, 3)
    plain = paint("#e6dbc6", 0.95, sheen=0.4)
    handles: list[Part] = []
    for z, lift in ((0.12, 1.25), (-0.12, 1.4)):
        t = np.linspace(0, 1, 50)
        spine = np.stack([-0.62 + 1.24 * t, 2.7 + lift * np.sin(np.pi * t) ** 0.7, z + 0.06 * np.sin(np.pi * t)], -1)
        handles.append((tube(spine, 0.085, 18, 0.6), paint("#5c6b57", 0.9)))
    back = sheet(lambda u, v: front(1 - u, v, -1.0))
    return [(sheet(lambda u, v: front(u, v, 1.0)), canvas_cloth), (back, plain), *handles]


def diffuser() -> list[Part]:
    art = label_path("diffuser")
    labels.wrap_label(art, 2900, 900, "#7d5560", "#f6eee3", [
        ("Wild Thyme", 0.50, 0.165, labels.SERIF), ("room diffuser", 0.62, 0.095, labels.ITALIC),
        ("100 ML · 3.4 FL OZ", 0.84, 0.052, labels.SANS)], mark=(0.24, 0.16))  # fmt: skip
    body = fillet(
        [(0, 0, 0), (0.98, 0, 0.16), (0.98, 1.5, 0.36), (0.34, 1.78, 0.12), (0.3, 2.06, 0.03), (0.24, 2.06, 0)], 14
    )
    collar = fillet([(0.3, 1.9, 0), (0.36, 1.9, 0.02), (0.36, 2.1, 0.03), (0.1, 2.11, 0)])
    reeds: list[Part] = []
    for yaw, lean in ((5, 15), (75, 13), (140, 16), (205, 14), (262, 12), (320, 17)):
        stick = tube(np.array([(0, 2.35 * t - 0.05, 0) for t in np.linspace(0, 1, 8)]), 0.032, 12)
        stick = stick.turned_by(roll=-lean).turned_by(yaw=yaw).moved(0, 1.95, 0)
        reeds.append((stick, paint("#c8a57b", 0.8)))
    gloss = {"clearcoat": 1.0, "clearcoat_gloss": 0.92}
    return [
        (turned(body), paint("#7d5560", 0.3, **gloss)),
        (turned(np.array([(0.983, 0.2), (0.983, 1.3)])), printed(art, 0.3, **gloss)),
        (turned(collar), paint("#d9b98a", 0.24, metallic=1.0)), *reeds,
    ]  # fmt: skip


def soap() -> list[Part]:
    band = label_path("soap")
    import skia

    surface = skia.Surface(1400, 620)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour("#e2d3b9"))
    paper = skia.Paint(AntiAlias=True, Color=labels.colour("#f8f2e7"))
    canvas.drawRect(skia.Rect.MakeXYWH(430, 0, 540, 620), paper)
    ink = labels.colour("#6a5440")
    labels.sprig(canvas, 700, 170, 150, ink)
    labels.spaced(canvas, "Oatmeal", 700, 375, 112, labels.SERIF, ink)
    labels.spaced(canvas, "soap bar", 700, 455, 66, labels.ITALIC, ink)
    labels.spaced(canvas, "120 G · 4.2 OZ", 700, 545, 34, labels.SANS, ink, 6)
    surface.makeImageSnapshot().save(str(band), skia.kPNG)
    grain = np.random.default_rng(4).normal(0.5, 0.12, (512, 512))
    hills = save_gray("oats", grain)
    lower = box(2.7, 0.86, 1.7, 7.0)
    upright = box(2.6, 1.7, 0.86, 7.0)
    wrapped = printed(band, 0.6)
    green = bumped(paint("#c3cfb6", 0.55), hills, 0.0015, 4)
    raw = bumped(paint("#e2d3b9", 0.55), hills, 0.0015, 4)
    return [
        (lower.turned_by(yaw=-10).moved(-0.35, 0, -0.7), raw),
        (box(2.55, 0.8, 1.6, 7.0).turned_by(yaw=12).moved(-0.3, 0.84, -0.75), green),
        (upright.turned_by(yaw=-10, pitch=-7).moved(0.35, 0.0, 0.95), wrapped),
    ]  # fmt: skip


def lips() -> list[Part]:
    parts: list[Part] = []
    sticks = (
        (-0.95, 0.0, "#c98f77", "#fdf6ec", "Fig"),
        (0.0, 0.35, "#e9dcc6", "#5b4a3c", "Oat"),
        (0.95, 0.0, "#9dab90", "#fdf6ec", "Mint"),
    )
    for number, (x, z, ground, ink, word) in enumerate(sticks):
        art = label_path(f"lip-{number}")
        labels.wrap_label(art, 1500, 1100, ground, ink, [
            (word, 0.56, 0.3, labels.SERIF), ("lip balm", 0.68, 0.15, labels.ITALIC)], mark=(0.3, 0.25))  # fmt: skip
        body = fillet([(0, 0, 0), (0.42, 0, 0.05), (0.42, 1.9, 0.02), (0.36, 1.92, 0)])
        stick: list[Part] = [
            (turned(body), paint(ground, 0.4, clearcoat=0.5)),
            (turned(np.array([(0.423, 0.12), (0.423, 1.8)])), printed(art, 0.4, clearcoat=0.5)),
        ]
        if number == 1:
            balm_end = fillet([(0.36, 1.9, 0), (0.36, 2.05, 0.02), (0.33, 2.05, 0.02), (0.33, 2.5, 0.1), (0, 2.62, 0)])
            stick.append((turned(balm_end), paint("#f4e6cf", 0.35)))
            cap = turned(fillet([(0, 0, 0), (0.42, 0, 0.05), (0.42, 1.05, 0.02), (0.38, 1.05, 0)]))
            stick.append(
                (cap.turned_by(pitch=90).turned_by(yaw=62).moved(0.55, 0.42, 1.05), paint(ground, 0.4, clearcoat=0.5))
            )
        else:
            lid = fillet([(0.3, 1.88, 0), (0.425, 1.88, 0.01), (0.425, 2.75, 0.06), (0, 2.77, 0)])
            stick.append((turned(lid), paint(ground, 0.4, clearcoat=0.5)))
        parts += [(m.moved(x, 0, z), b) for m, b in stick]
    return parts


GOODS: dict[str, tuple[Callable[[], list[Part]], str, str, float, float]] = {
    # handle: (parts, backdrop, plinth, scale of the picture, height of the middle)
    "rainfall-serum": (serum, "#dfe4e0", "#c3cdc8", 4.9, 1.65),
    "slow-morning-face-cream": (cream, "#ecd9cb", "#dcbfae", 4.2, 0.95),
    "oat-honey-cleanser": (cleanser, "#efe6d6", "#d9c6a6", 5.0, 1.7),
    "garden-hand-balm": (balm, "#dfe2d6", "#bcc4b0", 5.2, 1.2),
    "cedar-fig-candle": (candle, "#e9d3c3", "#cf9f86", 4.4, 1.15),
    "everyday-mug": (mug, "#efe7db", "#d8cdbb", 4.3, 1.1),
    "evening-tea": (tea, "#dcd9c8", "#b3b79f", 5.0, 1.6),
    "linen-tea-towels": (towels, "#e6e3da", "#cbb9a6", 4.8, 0.75),
    "waffle-throw": (throw, "#dcdfdc", "#b9bfb9", 5.2, 1.0),
    "market-tote": (tote, "#d9ddd2", "#aab5a2", 5.9, 2.0),
    "wild-thyme-diffuser": (diffuser, "#e6d6d6", "#c3a5a8", 6.0, 2.0),
    "oatmeal-soap": (soap, "#efe4d2", "#d6bd97", 4.4, 0.95),
    "lip-balm-trio": (lips, "#ecdcd2", "#cfa996", 4.4, 1.3),
}
