"""Render the layers of the host's studio: the set, the table, and the host as a clay puppet in parts.

    uv run --no-project --python 3.11 --with mitsuba --with skia-python --with 'numpy>=2' --with pillow \
        --with oidn python tools/demo/set.py [--samples 48] [layer ...]

One camera sees all of them, 720 x 1280, so that the film lays them over one another as they stand. One unit is ten
centimetres; the table's top is y = 0, the host stands behind it. Writes ``build/demo/layers/<layer>.png``.
"""

import argparse
import time
from pathlib import Path

import labels
import mitsuba as mi
import numpy as np
import skia
from goods import Part, bumped, candle, cream, label_path, linear, paint, printed, save_gray, serum, tea, wood
from pictures import develop, shape_of, solid_edges
from PIL import Image
from shapes import Mesh, ball, box, fillet, grid, tube, turned

LAYERS = Path("build/demo/layers")
WIDTH, HEIGHT = 720, 1280
UNIT_PIXELS = 96
FAR, ELEVATION = 34.0, 8.0
TABLE_PIXEL_Y = 800
MIDDLE_Y = (TABLE_PIXEL_Y - HEIGHT / 2) / UNIT_PIXELS
SKIN, HAIR, KNIT, APRON = "#b57a58", "#33221b", "#eadfcb", "#71836b"


def plain(colour: str) -> dict:
    return {"type": "twosided", "inner": {"type": "diffuse", "reflectance": {"type": "rgb", "value": linear(colour)}}}


def flat(outline: np.ndarray, z: float) -> Mesh:
    """A flat panel facing the camera: the fan of an outline of (x, y)."""
    middle = outline.mean(0)
    points = np.stack([np.vstack([outline, outline[:1]]), np.repeat(middle[None], len(outline) + 1, 0)], 0)
    points = np.concatenate([points, np.full((*points.shape[:2], 1), z)], -1)
    mesh = grid(points, np.zeros((*points.shape[:2], 2)))
    mesh.normals = np.tile([0.0, 0.0, 1.0], (len(mesh.points), 1))
    return mesh


def arch(left: float, right: float, foot: float, spring: float) -> np.ndarray:
    """The outline of a round-topped arch."""
    radius, middle = (right - left) / 2, (left + right) / 2
    t = np.linspace(0, np.pi, 60)
    round_top = np.stack([middle + radius * np.cos(t), spring + radius * np.sin(t)], -1)
    return np.vstack([[[right, foot]], round_top, [[left, foot]]])


def room() -> list[Part]:
    """Wall, arch, shelves with goods, a plant and a lamp."""
    wall = flat(np.array([(-14, -9), (14, -9), (14, 14), (-14, 14)]), -4.6)
    parts: list[Part] = [
        (wall, plain("#e3cdb6")),
        (flat(arch(-3.9, 2.1, -9, 4.9), -4.55), plain("#8fa189")),
        (flat(arch(-3.55, 1.75, -9, 4.9), -4.5), plain("#9db096")),
    ]
    plank = printed(wood("shelf", 1400, 200, "#c2966a"), 0.55)
    goods = {"serum": serum, "cream": cream, "candle": candle, "tea": tea}
    for height, stock in (
        (2.2, (("tea", 2.62, 0.46), ("cream", 3.78, 0.36))),
        (4.5, (("serum", 2.66, 0.44), ("candle", 3.66, 0.36))),
    ):
        board = box(4.2, 0.22, 1.5, 14.0).moved(4.2, height - 0.22, -3.7)
        parts.append((board, plank))
        for name, x, size in stock:
            for mesh, material in goods[name]():
                material.pop("emit", None)
                parts.append((mesh.scaled(size).moved(x, height, -3.6), material))
    parts += plant(-4.35, -1.0, -2.6)
    shade = fillet(
        [(0.06, 9.4, 0), (0.3, 7.9, 0.1), (1.15, 7.1, 0.05), (1.12, 7.08, 0), (0.28, 7.82, 0.1), (0.0, 7.9, 0)]
    )
    parts.append((turned(shade).moved(-2.7, 0.35, -2.6), paint("#b27a61", 0.5)))
    bulb = {"type": "diffuse", "reflectance": {"type": "rgb", "value": [0, 0, 0]}, "emit": [5.0, 3.7, 2.2]}
    parts.append((ball(24).scaled(0.3).moved(-2.7, 7.6, -2.6), bulb))
    return parts


def plant(x: float, y: float, z: float) -> list[Part]:
    """A rubber fig in a clay pot, its leaves long ellipsoids."""
    random = np.random.default_rng(12)
    pot = fillet([(0, 0, 0), (0.95, 0, 0.1), (1.2, 2.0, 0.05), (1.1, 2.0, 0.02), (1.05, 1.8, 0)])
    parts: list[Part] = [(turned(pot).moved(x, y - 2.0, z), paint("#a8694f", 0.7))]
    for stem in range(5):
        yaw, lean = stem * 72 + 20, random.uniform(5, 16)
        top = random.uniform(3.2, 5.0)
        spine = np.array([(0.0, top * t, 0.0) for t in np.linspace(0, 1, 10)])
        parts.append(
            (tube(spine, 0.05, 10).turned_by(roll=-lean).turned_by(yaw=yaw).moved(x, y - 0.2, z), paint("#5d6b4b", 0.7))
        )
        for number in range(8):
            at = top * (0.28 + 0.1 * number)
            leaf = ball(28).scaled(0.27, 0.62, 0.05).moved(0, 0.6, 0)
            leaf = leaf.turned_by(roll=-random.uniform(45, 80)).turned_by(yaw=number * 137 + stem * 40).moved(0, at, 0)
            leaf = leaf.turned_by(roll=-lean).turned_by(yaw=yaw).moved(x, y - 0.2, z)
            green = ("#5f7a55", "#6f8c62", "#4f6a49")[number % 3]
            parts.append((leaf, paint(green, 0.4, clearcoat=0.3)))
    return parts


def table() -> list[Part]:
    """The table with its slatted front, the shop's sign and the round riser for the product on show."""
    top = box(13.0, 0.34, 4.4, 24.0).moved(0, -0.34, 0.9)
    grain = wood("table", 2000, 500, "#b98a5f")
    parts: list[Part] = [(top, printed(grain, 0.42, clearcoat=0.25))]
    slat = box(0.52, 6.4, 0.2, 10.0, 40)
    for number, x in enumerate(np.arange(-6.2, 6.3, 0.62)):
        shade = ("#8a5f42", "#835a3e", "#906547")[number % 3]
        parts.append((slat.moved(float(x), -6.8, 2.55), paint(shade, 0.55)))
    parts.append((box(13.0, 7.0, 0.2, 20.0).moved(0, -7.2, 2.3), paint("#5e4130", 0.8)))
    sign = label_path("sign")
    surface = skia.Surface(1200, 420)
    canvas = surface.getCanvas()
    canvas.clear(labels.colour("#f1e7d6"))
    ink = labels.colour("#52634d")
    labels.sprig(canvas, 600, 95, 120, ink)
    labels.spaced(canvas, "Quiet Acre", 600, 275, 150, labels.SERIF, ink)
    labels.spaced(canvas, "THINGS FOR SLOW MORNINGS", 600, 350, 42, labels.SANS, ink, 9)
    surface.makeImageSnapshot().save(str(sign), skia.kPNG)
    board = box(4.0, 1.4, 0.14, 16.0)
    parts.append((board.moved(0, -2.75, 2.78), printed(sign, 0.7)))
    riser = fillet([(0, 0, 0), (1.3, 0, 0.02), (1.3, 0.24, 0.05), (0, 0.24, 0)])
    parts.append((turned(riser).moved(1.6, 0, 1.2), paint("#efe6d6", 0.6)))
    return parts


def head() -> list[Part]:
    """A friendly face without eyes, brows or mouth, which the film draws; curls and round glasses."""
    random = np.random.default_rng(21)
    skull = ball(96)
    points = skull.points.copy()
    x, y, z = points.T
    taper = 1 - 0.20 * np.clip(-y, 0, 1) ** 1.4 + 0.03 * np.clip(y, 0, 1)
    points = np.stack([x * taper * 1.17, y * 1.42, z * (1.13 - 0.06 * np.clip(-y, 0, 1))], -1)
    skull = Mesh(points, skull.normals / [1.17, 1.42, 1.13], skull.uv, skull.faces)
    skull.normals /= np.linalg.norm(skull.normals, axis=1, keepdims=True)
    skin = paint(SKIN, 0.55, sheen=0.3, specular=0.35)
    parts: list[Part] = [(skull, skin)]
    for side in (-1, 1):
        ear = ball(32).scaled(0.2, 0.34, 0.2).turned_by(roll=-8 * side)
        parts.append((ear.moved(1.19 * side, -0.12, 0.0), skin))
    parts.append((ball(40).scaled(0.185, 0.2, 0.2).moved(0, -0.26, 1.13), skin))
    parts.append((ball(32).scaled(0.12, 0.34, 0.14).moved(0, -0.02, 1.06), skin))
    curls = paint(HAIR, 0.62, sheen=0.4)
    golden = np.pi * (3 - np.sqrt(5))
    for number in range(150):
        up = 1 - number / 150 * 1.15
        ring, turn = np.sqrt(max(0.0, 1 - up * up)), number * golden
        px, pz = ring * np.sin(turn), ring * np.cos(turn)
        if pz > 0.12 and up < 0.74 + 0.06 * np.cos(px * 3):
            continue
        if up < 0.12 and pz > -0.2:
            continue
        size = random.uniform(0.24, 0.34)
        place = np.array([px * 1.16, up * 1.40, pz * 1.12]) * 1.0
        lift = place / np.linalg.norm(place) * 0.10
        parts.append((ball(28).scaled(size).moved(*(place + lift)), curls))
    brass = paint("#b98d55", 0.3, metallic=1.0)
    t = np.linspace(0, 2 * np.pi, 80)
    for side in (-1, 1):
        ring = np.stack(
            [0.49 * side + 0.37 * np.cos(t), 0.1 + 0.35 * np.sin(t), 1.14 + 0.03 * np.cos(t) * side * -1], -1
        )
        parts.append((tube(ring, 0.034, 14), brass))
        temple = np.array([(side * (0.86 + 0.3 * s), 0.16, 1.08 - 1.0 * s) for s in np.linspace(0, 1, 12)])
        parts.append((tube(temple, 0.03, 10), brass))
    bridge = np.array([(-0.12 + 0.24 * s, 0.16 + 0.05 * np.sin(np.pi * s), 1.17) for s in np.linspace(0, 1, 14)])
    parts.append((tube(bridge, 0.03, 10), brass))
    return [(m.moved(*HEAD_AT), b) for m, b in parts]


HEAD_AT = (-0.75, 4.55, -0.2)
BODY_X = -0.75


def body() -> list[Part]:
    """Neck, knitted jumper and apron."""
    y, x = np.mgrid[0:256, 0:256] * (2 * np.pi / 256)
    knit = save_gray("knit", 0.5 + 0.5 * np.cos(8 * x) * np.abs(np.sin(4 * y + 0.9 * np.cos(8 * x))))
    trunk = fillet(
        [
            (0.0, -4.0, 0),
            (1.75, -4.0, 0.1),
            (1.85, 0.4, 0.8),
            (1.98, 1.6, 0.7),
            (1.35, 2.62, 0.6),
            (0.62, 2.85, 0.1),
            (0.5, 2.7, 0),
        ],
        16,
    )
    jumper = turned(trunk, 200)
    jumper = jumper.scaled(1.0, 1.0, 0.62)
    wool = bumped(paint(KNIT, 0.95, sheen=0.6), knit, 0.02, 5.0)
    collar = tube(
        np.array(
            [(0.66 * np.cos(t), 2.86 + 0.04 * np.sin(t), 0.46 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60)]
        ),
        0.17,
        20,
    )
    neck = turned(fillet([(0.62, 2.3, 0), (0.56, 2.8, 0.2), (0.56, 3.7, 0)])).scaled(1, 1, 0.9)
    bib = turned(
        np.array([(1.83 + 0.02 * s + (0.10 if s > 0 else 0), h) for s, h in [(0, -4.0), (0.5, 0.4), (1, 1.35)]]), 240
    )
    keep = np.abs(bib.points[:, 0]) < 1.18
    faces = bib.faces[keep[bib.faces].all(1) & (bib.points[bib.faces][:, :, 2] > 0).all(1)]
    bib = Mesh(bib.points, bib.normals, bib.uv, faces).scaled(1.01, 1.0, 0.66)
    straps: list[Part] = []
    for side in (-1, 1):
        spine = np.array(
            [(side * (1.05 - 0.33 * s), 1.36 + 1.36 * s, 1.2 - 0.76 * s**1.6) for s in np.linspace(0, 1, 30)]
        )
        straps.append((tube(spine, 0.13, 16, 0.4), paint(APRON, 0.85)))
    parts: list[Part] = [
        (jumper, wool), (collar, wool), (neck, paint(SKIN, 0.55, sheen=0.3)), (bib, paint(APRON, 0.85)), *straps,
    ]  # fmt: skip
    return [(m.moved(BODY_X, 0, -0.6), b) for m, b in parts]


ARM_LENGTH, FOREARM_LENGTH = 1.65, 1.45


def upper_arm() -> list[Part]:
    """A sleeve lying along +x from the origin."""
    spine = np.array([(ARM_LENGTH * t, 0.0, 0.0) for t in np.linspace(0, 1, 24)])
    wool = paint(KNIT, 0.95, sheen=0.6)
    sleeve = tube(spine, np.linspace(0.53, 0.46, 24), 40)
    return [(sleeve, wool), (ball(40).scaled(0.53), wool), (ball(40).scaled(0.46).moved(ARM_LENGTH, 0, 0), wool)]


def forearm() -> list[Part]:
    """Sleeve, cuff and a relaxed open hand, thumb up, lying along +x from the elbow."""
    wool = paint(KNIT, 0.95, sheen=0.6)
    skin = paint(SKIN, 0.55, sheen=0.3, specular=0.35)
    spine = np.array([(FOREARM_LENGTH * t, 0.0, 0.0) for t in np.linspace(0, 1, 24)])
    wrist = FOREARM_LENGTH
    parts: list[Part] = [
        (tube(spine, np.linspace(0.46, 0.36, 24), 40), wool),
        (ball(40).scaled(0.46), wool),
        (tube(spine[-4:] + np.array([0.03, 0, 0]), 0.4, 40), wool),
        (ball(32).scaled(0.1, 0.395, 0.395).moved(wrist + 0.02, 0, 0), wool),
        (tube(np.array([(wrist - 0.1 + 0.35 * t, 0, 0) for t in np.linspace(0, 1, 8)]), 0.27, 28), skin),
        (ball(40).scaled(0.44, 0.38, 0.22).moved(wrist + 0.52, 0, 0), skin),
    ]
    for number, (rise, reach) in enumerate(((0.24, 0.66), (0.08, 0.76), (-0.09, 0.72), (-0.25, 0.56))):
        bend = (0.10, 0.02, -0.05, -0.12)[number]
        finger = np.array(
            [(wrist + 0.72 + reach * t * 0.8, rise + bend * t, 0.06 - 0.22 * t * t) for t in np.linspace(0, 1, 12)]
        )
        parts.append((tube(finger, np.linspace(0.105, 0.09, 12), 20), skin))
        parts.append((ball(20).scaled(0.09).moved(*finger[-1]), skin))
    thumb = np.array([(wrist + 0.36 + 0.42 * t, 0.26 + 0.36 * t - 0.1 * t * t, 0.1) for t in np.linspace(0, 1, 12)])
    parts += [(tube(thumb, np.linspace(0.13, 0.1, 12), 20), skin), (ball(20).scaled(0.1).moved(*thumb[-1]), skin)]
    return parts


SETS = {"room": room, "table": table, "head": head, "body": body, "upper_arm": upper_arm, "forearm": forearm}
LOOSE = {"upper_arm", "forearm"}  # rendered on their own in the middle of a square, to be turned about by the film
LOOSE_SIZE = 520
LOOSE_ORIGIN_X = -1.4


def lamp(x: float, y: float, z: float, wide: float, high: float, light: list[float]) -> dict:
    place = mi.ScalarTransform4f().look_at([x, y, z], [0, 2.0, 0], [0, 1, 0.01])
    return {
        "type": "rectangle",
        "to_world": place @ mi.ScalarTransform4f().scale([wide / 2, high / 2, 1]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": light}},
    }


def render(layer: str, samples: int) -> np.ndarray:
    loose = layer in LOOSE
    width, height = (LOOSE_SIZE, LOOSE_SIZE) if loose else (WIDTH, HEIGHT)
    middle = np.array([0.0, MIDDLE_Y, 0.0])
    parts = SETS[layer]()
    if loose:
        parts = [(m.moved(LOOSE_ORIGIN_X, 1.0, 0), b) for m, b in parts]
        middle = np.array([0.0, 1.0, 0.0])
    rise = np.radians(0 if loose else ELEVATION)
    eye = middle + FAR * np.array([0, np.sin(rise), np.cos(rise)])
    across = width / UNIT_PIXELS
    scene = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 6, "hide_emitters": layer != "room"},
        "sensor": {
            "type": "perspective",
            "fov_axis": "x",
            "fov": float(np.degrees(2 * np.arctan(across / 2 / FAR))),
            "to_world": mi.ScalarTransform4f().look_at(list(eye), list(middle), [0, 1, 0]),
            "film": {
                "type": "hdrfilm", "width": width, "height": height, "pixel_format": "rgba", "rfilter": {"type": "box"},
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
        "key": lamp(-13, 13, 14, 11, 11, [7.4, 6.8, 6.0]),
        "strip": lamp(15, 7, 5, 4, 12, [2.6, 2.8, 3.1]),
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": [0.30, 0.30, 0.31]}},
    }  # fmt: skip
    for number, part in enumerate(parts):
        scene[f"part{number}"] = shape_of(number, part)
    return np.array(mi.render(mi.load_dict(scene)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("layers", nargs="*")
    parser.add_argument("--samples", type=int, default=48)
    given = parser.parse_args()
    LAYERS.mkdir(parents=True, exist_ok=True)
    for layer in given.layers or SETS:
        begun = time.monotonic()
        light = np.nan_to_num(render(layer, given.samples))
        light[..., :3] /= np.maximum(light[..., 3:], 0.02)
        alpha = (np.clip(light[..., 3], 0, 1) * 255).astype(np.uint8)
        Image.fromarray(np.dstack([solid_edges(develop(light), alpha), alpha])).save(LAYERS / f"{layer}.png")
        print(f"{layer}: {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
