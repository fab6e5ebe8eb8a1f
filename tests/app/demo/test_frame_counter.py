"""The burnt-in number of the demo's pictures."""

import av
import numpy as np
import pytest

from tallylight.app.demo.frame_counter import CELLS, HEIGHT, WIDTH, cells_of, number_of_lumas, number_of_picture
from tallylight.app.demo.timeline import SHOW_FILE, read_timeline


@pytest.mark.parametrize("number", [0, 1, 2, 1365, 4543, 8191])
def test_a_number_reads_back_in_any_two_tones(number: int) -> None:
    for dark, light in ((0.0, 255.0), (82.0, 117.0)):
        lumas = [light if cell else dark for cell in cells_of(number)]
        assert number_of_lumas(lumas) == number


def test_neighbours_differ_in_one_bit_and_the_check_so_that_a_blend_of_two_is_no_third_number() -> None:
    for number in range(0, 8191, 7):
        differ = [one != other for one, other in zip(cells_of(number), cells_of(number + 1), strict=True)]
        assert sum(differ) == 2


def test_a_flipped_cell_is_noticed_and_grey_is_no_number() -> None:
    cells = [255.0 if cell else 0.0 for cell in cells_of(1000)]
    cells[5] = 255.0 - cells[5]
    assert number_of_lumas(cells) is None
    assert number_of_lumas([128.0] * CELLS) is None


def test_the_film_counts_its_pictures() -> None:
    timeline = read_timeline()
    with av.open(str(SHOW_FILE)) as film:
        numbers = []
        for frame in film.decode(video=0):
            numbers.append(number_of_picture(np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)))
            if len(numbers) == 90:
                break
        assert numbers == list(range(90))
        assert (film.streams.video[0].codec_context.width, film.streams.video[0].codec_context.height) == (
            WIDTH,
            HEIGHT,
        )
        assert film.streams.video[0].frames == timeline.frames
