"""The number of each picture of the demo's show, burnt into its lower edge for end-to-end tests.

A strip of 18 cells, each 32 x 16 pixels of the 720 x 1280 picture, along the bottom from x = 72 (so that a phone
that crops the sides still shows it): dark, light, then the frame's number in 13 bits, Gray-coded, most significant
first, then a bit that makes the number of light cells among those 14 even, then light, dark. Dark and light are two
tones of the table's edge; a reader compares each cell with the four known ones, so scaling and colour do no harm.
A number counts from 0 at the start of each loop, at 30 a second.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 720, 1280
CELL_WIDTH, CELL_HEIGHT = 32, 16
LEFT = 72
NUMBER_BITS = 13
CELLS = NUMBER_BITS + 5
CONTRAST_MIN = 16

SAMPLE_POINTS: tuple[tuple[float, float], ...] = tuple(
    ((LEFT + CELL_WIDTH * (cell + 0.5)) / WIDTH, (HEIGHT - CELL_HEIGHT / 2) / HEIGHT) for cell in range(CELLS)
)
"""The middle of each cell as fractions of the picture's width and height, for readers that sample a canvas."""


def cells_of(number: int) -> list[bool]:
    """The strip of frame ``number`` (0 to 8,191), from the left; True is light."""
    if not 0 <= number < 1 << NUMBER_BITS:
        raise ValueError(f"the counter holds {NUMBER_BITS} bits, not {number}")
    gray = number ^ (number >> 1)
    bits = [bool(gray >> place & 1) for place in reversed(range(NUMBER_BITS))]
    return [False, True, *bits, sum(bits) % 2 == 1, True, False]


def number_of_lumas(lumas: Sequence[float]) -> int | None:
    """The frame's number from the brightness of the 18 cells, any scale; None when it does not read as one."""
    if len(lumas) != CELLS:
        raise ValueError(f"expected {CELLS} cells, got {len(lumas)}")
    dark, light = (lumas[0] + lumas[-1]) / 2, (lumas[1] + lumas[-2]) / 2
    if light - dark < CONTRAST_MIN:
        return None
    bits = [luma * 2 > dark + light for luma in lumas[2:-2]]
    if sum(bits) % 2:
        return None
    number = 0
    for bit in bits[:NUMBER_BITS]:
        number = number << 1 | (bit ^ (number & 1))
    return number


def number_of_picture(luma: npt.NDArray[np.uint8]) -> int | None:
    """The frame's number from a whole picture's luma plane (height x width, any size with the show's aspect)."""
    height, width = luma.shape
    half_x, half_y = max(1, width * CELL_WIDTH // WIDTH // 4), max(1, height * CELL_HEIGHT // HEIGHT // 4)
    lumas = []
    for x, y in SAMPLE_POINTS:
        column, row = int(x * width), int(y * height)
        lumas.append(float(luma[row - half_y : row + half_y, column - half_x : column + half_x].mean()))
    return number_of_lumas(lumas)
