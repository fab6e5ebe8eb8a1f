"""Following a script: worked examples of what hosts and recognisers do to one."""

import time

from tallylight.compliance.scripts.align import LinePlace, Placed, ScriptAligner
from tallylight.compliance.scripts.types import Segment
from tallylight.speech.recogniser import Word

START_US = 1_750_000_000_000_000
WORD_US = 350_000
SERUM = Segment(
    title="Serum",
    lines=(
        "This is our rainfall serum, made in small batches in Oregon.",
        "It hydrates your skin for twenty-four hours.",
        "Today it costs $19.99 instead of $32.",
        "This is not medical advice, so ask your doctor.",
    ),
)
MUG = Segment(
    title="Mug",
    lines=(
        "And now the everyday mug, thrown by hand in Ohio.",
        "It holds twelve ounces and goes in the dishwasher.",
    ),
)
ALL = [LinePlace(0, 0), LinePlace(0, 1), LinePlace(0, 2), LinePlace(0, 3), LinePlace(1, 0), LinePlace(1, 1)]


class Reading:
    """A host who says a word every 350 ms and is heard 2 s later."""

    def __init__(self, *segments: Segment) -> None:
        self.aligner = ScriptAligner(segments or (SERUM, MUG))
        self.at_us = START_US
        self.placed: list[Placed] = []
        self.said: list[LinePlace] = []

    def say(self, text: str) -> "Reading":
        for word in text.split():
            self.aligner.hear([Word(word, self.at_us, self.at_us + WORD_US - 50_000, 900)])
            self.at_us += WORD_US
            self._settle(self.at_us - 2_000_000)
        return self

    def end(self) -> "Reading":
        self._settle(self.at_us)
        return self

    def _settle(self, until_us: int) -> None:
        self.placed += self.aligner.settle(until_us)
        self.said += [heard.place for heard in self.aligner.said()]

    @property
    def off(self) -> str:
        return " ".join(each.word.text for each in self.placed if each.place is None)

    @property
    def changed(self) -> list[tuple[str, str]]:
        return [(each.word.text, each.instead_of) for each in self.placed if each.instead_of is not None]


def test_a_script_read_as_written_is_said_line_by_line() -> None:
    reading = Reading().say(" ".join((*SERUM.lines, *MUG.lines))).end()
    assert reading.said == ALL
    assert reading.off == ""
    assert reading.changed == []
    assert [each.word.start_us for each in reading.placed] == [
        START_US + at * WORD_US for at in range(len(reading.placed))
    ], "every word once, in order"


def test_a_recognisers_errors_do_not_lead_off_the_script() -> None:
    reading = Reading().say(
        "This is our rain fall serum maid in small batch in Organ. It hydrate your skin for 24 hours. "
        "Today it cost nineteen ninety nine instead of thirty two."
    )
    assert reading.end().said == ALL[:3]
    assert len(reading.off.split()) <= 2
    assert reading.changed == []


def test_lost_and_repeated_words_are_bridged() -> None:
    reading = Reading().say(
        "This is our our rainfall serum, um, made in small batches. It hydrates skin for for twenty-four hours"
    )
    assert reading.end().said == ALL[:2]
    assert reading.off == ""


def test_an_ad_lib_is_off_the_script_and_the_host_comes_back() -> None:
    reading = Reading().say(
        "This is our rainfall serum, made in small batches in Oregon. "
        "my cousin Stephanie swears that wrinkles vanish completely overnight believe me "
        "It hydrates your skin for twenty-four hours."
    )
    assert reading.end().said == ALL[:2]
    assert reading.off == "my cousin Stephanie swears that wrinkles vanish completely overnight believe me"


def test_skipping_lines_and_returning_to_them() -> None:
    reading = Reading().say(f"{SERUM.lines[0]} {MUG.lines[0]} {MUG.lines[1]} {SERUM.lines[2]} {SERUM.lines[1]}").end()
    assert reading.said == [ALL[0], ALL[4], ALL[5], ALL[2], ALL[1]]
    assert reading.off == ""


def test_a_sentence_begun_again_is_said_once() -> None:
    reading = Reading().say(f"This is our rainfall serum, sorry, let me start again. {' '.join(SERUM.lines[:2])}").end()
    assert reading.said == ALL[:2]
    assert "sorry" in reading.off


def test_half_a_line_is_not_said() -> None:
    reading = Reading().say(f"This is our rainfall serum. {SERUM.lines[1]}").end()
    assert reading.said == [ALL[1]]


def test_a_changed_figure_is_told() -> None:
    reading = Reading().say(f"{SERUM.lines[1]} Today it costs $9.99 instead of $32. {SERUM.lines[3]}").end()
    assert reading.changed == [("$9.99", "19.99")]
    reading = Reading().say("It hydrates your skin for forty-eight hours. Today it costs 19.99").end()
    assert reading.changed == [("forty-eight", "twenty four")]


def test_a_dropped_or_added_denial_is_told() -> None:
    reading = Reading().say(f"{SERUM.lines[2]} This is medical advice, so ask your doctor.").end()
    assert [word for word, _ in reading.changed] == ["medical"]
    reading = Reading().say("And now the everyday mug, not thrown by hand in Ohio. It holds twelve ounces").end()
    assert [word for word, _ in reading.changed] == ["not"]


def test_other_talk_is_no_line_even_if_it_shares_words_with_some() -> None:
    reading = Reading().say(
        "so many of you asked about my holiday in Portugal, we drove along the coast and the water was cold, "
        "then on the last day we bought a painting of a lighthouse in the market"
    )
    assert reading.end().said == []
    assert all(each.place is None for each in reading.placed)


def test_the_current_line_is_known_before_it_is_over() -> None:
    reading = Reading().say(f"{SERUM.lines[0]} It hydrates your skin")
    assert reading.aligner.place == ALL[1]
    reading.say("for twenty-four hours. Completely unrelated gossip follows about politics and football")
    assert reading.aligner.place is None


def test_a_focus_decides_between_lines_that_are_alike() -> None:
    twins = [Segment(title=title, lines=("It comes in three colours.",)) for title in ("A", "B")]
    for segment in (0, 1):
        reading = Reading(*twins)
        reading.aligner.focus(segment)
        reading.say("gossip about football It comes in three colours.").end()
        assert reading.said == [LinePlace(segment, 0)]


def test_every_word_is_placed_once_whatever_the_pieces() -> None:
    text = f"well um hello {SERUM.lines[0]} I can't believe it {SERUM.lines[2]} uh"
    words = [
        Word(word, START_US + at * WORD_US, START_US + at * WORD_US + 300_000, 900)
        for at, word in enumerate(text.split())
    ]
    for size in (1, 2, 5, len(words)):
        aligner = ScriptAligner([SERUM, MUG])
        placed: list[Placed] = []
        for at in range(0, len(words), size):
            piece = words[at : at + size]
            aligner.hear(piece)
            placed += aligner.settle(piece[0].start_us)
        placed += aligner.settle(words[-1].end_us)
        assert [each.word for each in placed] == words


def test_a_script_without_lines_leaves_all_words_off_it() -> None:
    reading = Reading(Segment(title="Chat", policy="free")).say("hello everyone and welcome").end()
    assert reading.off == "hello everyone and welcome"
    assert reading.aligner.place is None


def test_a_long_script_costs_little_a_word() -> None:
    names = [
        f"{a}{b}" for a in ("cedar", "amber", "linen", "copper", "velvet") for b in ("ton", "ville", "wood", "field")
    ]
    lines = tuple(f"The {names[at % 20]} {names[(at * 7) % 20]} number {at} holds water for days" for at in range(1000))
    aligner = ScriptAligner([Segment(title="Long", lines=lines)])
    words = " ".join(lines[500:530]).split()
    began = time.perf_counter()
    for at, word in enumerate(words):
        aligner.hear([Word(word, at * WORD_US, at * WORD_US + 300_000, 900)])
        aligner.settle((at - 6) * WORD_US)
    assert (time.perf_counter() - began) / len(words) < 0.02, "three words a second leave a hundred times that"
