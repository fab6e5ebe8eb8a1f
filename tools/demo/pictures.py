"""Render the demo's products as studio photographs, and the cut-outs that stand on the host's table.

    uv run --no-project --python 3.11 --with mitsuba --with skia-python --with 'numpy>=2' --with pillow \
        --with oidn python tools/demo/pictures.py [--samples 32] [--cutouts] [handle ...]

Path-traced with Mitsuba 3: a seamless backdrop with a low round plinth, a large soft key light from the left, a
strip from the right and a dim sky; the grain is taken out with Intel's Open Image Denoise. Pictures:
``assets/products/<handle>.webp``, 900 x 900. Cut-outs: ``build/demo/cutouts``.
"""

import argparse
import ctypes
import importlib.metadata
import os
import time
from pathlib import Path

import mitsuba as mi
import numpy as np
from PIL import Image

for file in importlib.metadata.files("oidn") or []:
    if file.name.startswith("libtbb"):  # the wheel carries it under a name that its own loader does not find
        ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)

import oidn  # noqa: E402 - needs the library above

mi.set_variant("scalar_rgb")

from goods import GOODS, Part, linear  # noqa: E402 - made for the variant chosen
from shapes import fillet, grid, turned  # noqa: E402

ASSETS = Path(__file__).parents[2] / "src/tallylight/app/demo/assets"
MESHES, CUTOUTS = Path("build/demo/meshes"), Path("build/demo/cutouts")
SIZE = 900
EXPOSURE = 1.12
BYTES_MAX = 60_000


def shape_of(number: int, part: Part) -> dict:
    mesh, material = part
    path = MESHES / f"{os.getpid()}-{number}.ply"
    mesh.write(path)
    material = dict(material)
    emit = material.pop("emit", None)
    shape = {"type": "ply", "filename": str(path), "bsdf": material}
    if emit:
        shape["light"] = {"type": "area", "radiance": {"type": "rgb", "value": emit}}
    return shape


def lamp(x: float, y: float, z: float, wide: float, high: float, light: list[float]) -> dict:
    """A rectangle of light at a place, facing the product."""
    place = mi.ScalarTransform4f().look_at([x, y, z], [0, 1.2, 0], [0, 1, 0.01])
    return {
        "type": "rectangle",
        "to_world": place @ mi.ScalarTransform4f().scale([wide / 2, high / 2, 1]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": light}},
    }


def backdrop(colour: str) -> Part:
    """A sheet that runs over the table and up the wall in one sweep."""
    bend = fillet([(9.0, 0, 0), (-4.6, 0, 3.2), (-4.6, 12, 0)], 40)
    x = np.linspace(-16, 16, 12)
    points = np.stack([np.stack([np.full(len(bend), at), bend[:, 1], bend[:, 0]], -1) for at in x], 1)
    uv = np.zeros((*points.shape[:2], 2))
    return grid(points, uv), {
        "type": "twosided",
        "inner": {"type": "diffuse", "reflectance": {"type": "rgb", "value": linear(colour)}},
    }


def render(handle: str, samples: int, cutout: bool) -> np.ndarray:
    """Linear light, height x width x 4."""
    make, ground, plinth, view, middle = GOODS[handle]
    parts = make()
    lift = 0.0
    if not cutout:
        lift = 0.42
        stage = turned(fillet([(0, 0, 0), (2.35, 0, 0.02), (2.35, lift, 0.05), (0, lift, 0)], 8), 200)
        parts = [(m.moved(0, lift, 0), b) for m, b in parts]
        material = {
            "type": "twosided",
            "inner": {"type": "diffuse", "reflectance": {"type": "rgb", "value": linear(plinth)}},
        }
        parts += [backdrop(ground), (stage, material)]
    far, angle = 17.0, 9.0 if cutout else 15.0
    middle = middle + (0.22 if not cutout else 0)
    eye = [far * 0.02, middle + far * np.sin(np.radians(angle)), far * np.cos(np.radians(angle))]
    wide = view * 1.02 if cutout else view
    scene = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 7, "hide_emitters": cutout},
        "sensor": {
            "type": "perspective",
            "fov": float(np.degrees(2 * np.arctan(wide / 2 / far))),
            "to_world": mi.ScalarTransform4f().look_at(eye, [0, middle, 0], [0, 1, 0]),
            "film": {
                "type": "hdrfilm", "width": SIZE, "height": SIZE, "pixel_format": "rgba",
                "rfilter": {"type": "box"},  # the denoiser wants grain that differs from pixel to pixel
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
        "key": lamp(-6.5, 7.5, 5.5, 5.5, 5.5, [8.6, 8.0, 7.2]),
        "strip": lamp(7.0, 4.0, 1.5, 1.6, 6.0, [3.2, 3.4, 3.7]),
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": [0.30, 0.31, 0.33]}},
    }  # fmt: skip
    for number, part in enumerate(parts):
        scene[f"part{number}"] = shape_of(number, part)
    return np.array(mi.render(mi.load_dict(scene)))


def develop(light: np.ndarray) -> np.ndarray:
    """Linear light to sRGB bytes with a gentle shoulder, the grain taken out."""
    rgb = np.maximum(light[..., :3], 0) * EXPOSURE
    rgb = np.where(rgb > 0.6, 0.6 + 0.4 * np.tanh((rgb - 0.6) / 0.4), rgb)
    srgb = np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
    noisy = np.ascontiguousarray(np.clip(srgb, 0, 1), dtype=np.float32)
    clean = np.zeros_like(noisy)
    device = oidn.NewDevice()
    oidn.CommitDevice(device)
    smooth = oidn.NewFilter(device, "RT")
    oidn.SetSharedFilterImage(smooth, "color", noisy, oidn.FORMAT_FLOAT3, noisy.shape[1], noisy.shape[0])
    oidn.SetSharedFilterImage(smooth, "output", clean, oidn.FORMAT_FLOAT3, noisy.shape[1], noisy.shape[0])
    oidn.CommitFilter(smooth)
    oidn.ExecuteFilter(smooth)
    oidn.ReleaseFilter(smooth)
    oidn.ReleaseDevice(device)
    return (np.clip(clean, 0, 1) * 255 + 0.5).astype(np.uint8)


def solid_edges(picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Give the half-covered pixels of an outline the colour of the covered ones beside them, against a pale fringe."""
    colour, known = picture.astype(np.float32), alpha > 250
    for _ in range(4):
        total, count = np.zeros_like(colour), np.zeros(known.shape, np.float32)
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            near = np.roll(known, (down, right), (0, 1))
            total += np.roll(colour, (down, right), (0, 1)) * near[..., None]
            count += near
        fill = ~known & (count > 0)
        colour[fill] = total[fill] / count[fill][:, None]
        known = known | fill
    return colour.round().astype(np.uint8)


def save_picture(picture: np.ndarray, path: Path) -> int:
    """As WebP under the size limit; returns the bytes."""
    for quality in (88, 84, 80, 75, 70, 60):
        Image.fromarray(picture).save(path, quality=quality, method=6)
        if path.stat().st_size <= BYTES_MAX:
            break
    return path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("handles", nargs="*")
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--cutouts", action="store_true")
    given = parser.parse_args()
    for folder in (MESHES, CUTOUTS, ASSETS / "products"):
        folder.mkdir(parents=True, exist_ok=True)
    for handle in given.handles or GOODS:
        begun = time.monotonic()
        light = render(handle, given.samples, given.cutouts)
        if given.cutouts:
            light[..., :3] /= np.maximum(light[..., 3:], 0.02)
        picture = develop(light)
        if given.cutouts:
            alpha = (np.clip(light[..., 3], 0, 1) * 255).astype(np.uint8)
            Image.fromarray(np.dstack([solid_edges(picture, alpha), alpha])).save(CUTOUTS / f"{handle}.png")
            size = 0
        else:
            size = save_picture(picture, ASSETS / "products" / f"{handle}.webp")
        print(f"{handle}: {time.monotonic() - begun:.1f} s, {size} bytes", flush=True)


if __name__ == "__main__":
    main()
