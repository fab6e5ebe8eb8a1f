"""Meshes of the demo's products, made from numbers: turned profiles, swept tubes, rounded boxes, folded cloth.

One unit is about five centimetres; y is up, the viewer stands at +z. Every mesh carries texture coordinates:
u runs once around a turned shape with 0.5 at the front, v from its foot (0) to its top (1).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Points = np.ndarray


def fillet(corners: Sequence[tuple[float, float, float]], steps: int = 8) -> Points:
    """A profile of (radius, height) with each corner rounded by its third number."""
    path = [np.array(corners[0][:2])]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        corner, radius = np.array(here[:2]), here[2]
        if radius <= 0:
            path.append(corner)
            continue
        back, forth = np.array(before[:2]) - corner, np.array(after[:2]) - corner
        reach = min(radius, np.linalg.norm(back) * 0.49, np.linalg.norm(forth) * 0.49)
        start, end = corner + back / np.linalg.norm(back) * reach, corner + forth / np.linalg.norm(forth) * reach
        path += [(1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end for t in np.linspace(0, 1, steps)]
    path.append(np.array(corners[-1][:2]))
    return np.array(path)


def turned(profile: Points, around: int = 160) -> "Mesh":
    """Revolve (radius, height) points around the y axis."""
    angle = np.linspace(-np.pi, np.pi, around + 1)
    radius, height = profile[:, 0][:, None], profile[:, 1][:, None]
    x, y, z = radius * np.sin(angle), height + 0 * angle, radius * np.cos(angle)
    low, high = profile[:, 1].min(), profile[:, 1].max()
    u = np.broadcast_to((angle + np.pi) / (2 * np.pi), x.shape)
    v = np.broadcast_to((height - low) / max(high - low, 1e-9), x.shape)
    return grid(np.stack([x, y, z], -1), np.stack([u, v], -1))


def tube(spine: Points, radius: float | Points, sides: int = 24, flat: float = 1.0) -> "Mesh":
    """Sweep a round (or, with ``flat`` < 1, flattened) section along a line of points."""
    spine = np.asarray(spine, float)
    tangent = np.gradient(spine, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1)[:, None]
    side = np.cross(tangent, [0.0, 0.0, 1.0] if abs(tangent[:, 2]).max() < 0.9 else [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side, axis=1)[:, None]
    other = np.cross(tangent, side)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    radii = np.broadcast_to(radius, len(spine))[:, None, None]
    ring = side[:, None] * np.cos(angle)[None, :, None] + other[:, None] * np.sin(angle)[None, :, None] * flat
    points = spine[:, None] + ring * radii
    u, v = np.meshgrid(angle / (2 * np.pi), np.linspace(0, 1, len(spine)))
    return grid(points, np.stack([u, v], -1))


def box(
    width: float, height: float, depth: float, roundness: float = 8.0, steps: int = 96, edge: float | None = None
) -> "Mesh":
    """A box with soft edges (a superquadric), its foot at y = 0. Texture: u, v over the front by x and y.

    ``roundness``: 2 is an ellipsoid, more is squarer; ``edge`` is the same for the upright section only.
    """
    upright = 2 / (edge or roundness)
    theta, phi = np.meshgrid(np.linspace(-np.pi, np.pi, steps * 2 + 1), np.linspace(-np.pi / 2, np.pi / 2, steps + 1))

    def power(value: Points, exponent: float) -> Points:
        value = np.where(np.abs(value) < 1e-9, 0.0, value)  # or the root opens a crack at the seam
        return np.sign(value) * np.abs(value) ** exponent

    plan = 2 / roundness
    x = power(np.cos(phi), upright) * power(np.sin(theta), plan) * width / 2
    z = power(np.cos(phi), upright) * power(np.cos(theta), plan) * depth / 2
    y = power(np.sin(phi), upright) * height / 2 + height / 2
    return grid(np.stack([x, y, z], -1), np.stack([x / width + 0.5, y / height], -1))


def ball(steps: int = 64) -> "Mesh":
    """A sphere of radius 1."""
    return box(2, 2, 2, 2.0, steps).moved(0, -1, 0)


def sheet(shape: Callable[[Points, Points], Points], across: int = 200, along: int = 200) -> "Mesh":
    """A surface from a function of (u, v) in 0..1 to points."""
    u, v = np.meshgrid(np.linspace(0, 1, across), np.linspace(0, 1, along))
    return grid(shape(u, v), np.stack([u, v], -1))


class Mesh:
    """Triangles with normals and texture coordinates; moving returns a new one."""

    def __init__(self, points: Points, normals: Points, uv: Points, faces: Points) -> None:
        self.points, self.normals, self.uv, self.faces = points, normals, uv, faces

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> "Mesh":
        return Mesh(self.points + np.array([x, y, z]), self.normals, self.uv, self.faces)

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> "Mesh":
        """Stretched about the origin; one number scales all three ways."""
        by = np.array([x, x if y is None else y, x if z is None else z])
        normals = self.normals / by
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        return Mesh(self.points * by, normals, self.uv, self.faces)

    def turned_by(self, yaw: float = 0, pitch: float = 0, roll: float = 0) -> "Mesh":
        """Rotated about the origin, degrees: yaw about y, then pitch about x, then roll about z."""
        matrix = np.eye(3)
        for axis, degrees in ((1, yaw), (0, pitch), (2, roll)):
            c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            turn = np.eye(3)
            i, j = [k for k in range(3) if k != axis]
            turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
            if axis == 1:
                turn = turn.T
            matrix = turn @ matrix
        return Mesh(self.points @ matrix.T, self.normals @ matrix.T, self.uv, self.faces)

    def write(self, path: Path) -> None:
        """As binary PLY."""
        count, triangles = len(self.points), len(self.faces)
        names = ["x", "y", "z", "nx", "ny", "nz", "u", "v"]
        header = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n"
        header += "".join(f"property float {name}\n" for name in names)
        header += f"element face {triangles}\nproperty list uchar int vertex_indices\nend_header\n"
        vertices = np.hstack([self.points, self.normals, self.uv]).astype("<f4")
        faces = np.empty(triangles, dtype=[("n", "u1"), ("v", "<i4", 3)])
        faces["n"], faces["v"] = 3, self.faces
        path.write_bytes(header.encode() + vertices.tobytes() + faces.tobytes())


def grid(points: Points, uv: Points) -> Mesh:
    """A mesh over a rows x columns grid of points, its normals from the surface's own derivatives."""
    rows, columns = points.shape[:2]
    along, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    if np.allclose(points[:, 0], points[:, -1]):
        across[:, 0] = across[:, -1] = (points[:, 1] - points[:, -2]) / 2
    normals = np.cross(across, along)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = np.where(length > 1e-12, normals / np.maximum(length, 1e-12), 0)
    for row, inner in ((0, 1), (rows - 1, rows - 2)):
        flat = length[row, :, 0] < 1e-12
        normals[row, flat] = np.sign(normals[inner, flat] * [0, 1, 0]) if flat.any() else 0
    normals[np.linalg.norm(normals, axis=-1) < 0.5] = [0, 1, 0]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    flat3, flat2 = points.reshape(-1, 3), uv.reshape(-1, 2)
    return Mesh(flat3, normals.reshape(-1, 3), flat2, faces)


__all__ = ["Mesh", "ball", "box", "fillet", "grid", "sheet", "tube", "turned"]
