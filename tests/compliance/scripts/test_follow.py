"""Policies: what a stretch off the script is in a strict, a guided and a free segment, and which segment applies."""

from uuid import uuid4

from tallylight.compliance.scripts.align import LineHeard, LinePlace
from tallylight.compliance.scripts.follow import RULE, Fired, Followed, ScriptFollower
from tallylight.compliance.scripts.types import PinnedScript, Policy, Segment
from tallylight.compliance.speech_finding import SpeechFinding
from tallylight.speech.recogniser import Word
from tests.compliance.scripts.test_align import MUG, SERUM, START_US, WORD_US

PIN_SERUM, CUE_MUG, SERUM_ID = uuid4(), uuid4(), uuid4()
GOSSIP = "my cousin Stephanie swears that wrinkles vanish completely overnight believe me"


def script(serum: Policy = "strict", mug: Policy = "free") -> PinnedScript:
    segments = (
        Segment(title="Serum", policy=serum, product_id=SERUM_ID, lines=SERUM.lines),
        Segment(title="Mug", policy=mug, cue_id=CUE_MUG, lines=MUG.lines),
    )
    return PinnedScript(uuid4(), "Friday", 3, segments)


class Show:
    """A host whose words are known 2 s after they were said."""

    def __init__(self, pinned: PinnedScript, delay_s: int = 8) -> None:
        self.follower = ScriptFollower(pinned, delay_us=delay_s * 1_000_000)
        self.at_us = START_US
        self.found: list[tuple[int, SpeechFinding]] = []
        self.said: list[LineHeard] = []
        self.last: Followed | None = None

    def say(self, text: str) -> "Show":
        for word in text.split():
            said = Word(word, self.at_us, self.at_us + WORD_US - 50_000, 900)
            self.at_us += WORD_US
            self._step([said], self.at_us - 1_600_000)
        return self

    def rest(self, us: int = 3_000_000) -> "Show":
        for _ in range(us // 250_000):
            self.at_us += 250_000
            self._step([], self.at_us)
        return self

    def _step(self, words: list[Word], until_us: int) -> None:
        self.last = self.follower.follow(words, until_us, until_us)
        self.found += [(self.at_us, each) for each in self.last.findings]
        self.said += self.last.said

    @property
    def quotes(self) -> str:
        return " ".join(each.found.quote for _, each in self.found)


def test_a_strict_segment_holds_what_is_off_the_script() -> None:
    show = Show(script()).say(f"{SERUM.lines[0]} {GOSSIP} {SERUM.lines[1]}").rest()
    assert {(each.found.rule, each.found.verdict, each.found.citation) for _, each in show.found} == {
        (RULE, "hold", "signed script v3")
    }
    assert show.quotes == GOSSIP
    assert show.found[0][1].found.say_instead == SERUM.lines[0]
    assert [heard.place for heard in show.said] == [LinePlace(0, 0), LinePlace(0, 1)]


def test_a_hold_comes_while_its_first_words_are_in_the_delay() -> None:
    show = Show(script(), delay_s=8).say(f"{SERUM.lines[0]} {GOSSIP} {GOSSIP} {GOSSIP}").rest()
    assert len(show.found) > 2
    for at_us, each in show.found:
        # 2 s of recognition on top of the settling that this test already waits for.
        assert at_us + 2_000_000 - each.start_us < 8_000_000
    ends = [each.end_us for _, each in show.found]
    starts = [each.start_us for _, each in show.found]
    assert all(start >= end for start, end in zip(starts[1:], ends, strict=False)), "no word twice"


def test_a_guided_segment_notes_once_a_stretch() -> None:
    show = Show(script(serum="guided")).say(f"{SERUM.lines[0]} {GOSSIP} {GOSSIP} {SERUM.lines[1]}").rest()
    assert [each.found.verdict for _, each in show.found] == ["note"]


def test_a_free_segment_says_nothing() -> None:
    assert Show(script(serum="free")).say(f"{SERUM.lines[0]} {GOSSIP} {SERUM.lines[1]}").rest().found == []


def test_greetings_and_short_asides_pass_even_in_a_strict_one() -> None:
    show = Show(script()).say(f"okay so hello everyone um {SERUM.lines[0]} lovely right {SERUM.lines[1]}").rest()
    assert show.found == []


def test_a_changed_figure_is_held_in_a_strict_segment() -> None:
    show = Show(script()).say(f"{SERUM.lines[1]} Today it costs $9.99 instead of $32. {SERUM.lines[3]}").rest()
    assert [(each.found.verdict, each.found.quote) for _, each in show.found] == [("hold", "$9.99")]
    assert "'19.99'" in show.found[0][1].found.reason


def test_the_cue_or_pin_fired_last_says_which_segment_applies() -> None:
    show = Show(script())
    show.follower.fire([Fired(START_US, CUE_MUG, None)])
    show.say(GOSSIP).rest()
    assert show.found == [], "the mug's segment is free"
    show.follower.fire([Fired(START_US, CUE_MUG, None), Fired(show.at_us, PIN_SERUM, SERUM_ID)])
    show.say(GOSSIP).rest()
    assert [each.found.verdict for _, each in show.found][:1] == ["hold"]


def test_without_a_cue_the_segment_that_is_read_applies() -> None:
    show = Show(script(serum="free", mug="strict")).say(f"{GOSSIP} {MUG.lines[0]} {GOSSIP}").rest()
    assert show.quotes == GOSSIP
    assert {each.found.facts["segment"] for _, each in show.found} == {"Mug"}


def test_a_cue_without_a_segment_changes_nothing() -> None:
    show = Show(script())
    show.follower.fire([Fired(START_US, uuid4(), None)])
    show.say(GOSSIP).rest()
    assert [each.found.verdict for _, each in show.found][:1] == ["hold"], "the first segment applies"


def test_words_that_were_taken_in_before_are_not_taken_twice() -> None:
    show = Show(script())
    words = [
        Word(word, START_US + at * WORD_US, START_US + at * WORD_US + 300_000, 900)
        for at, word in enumerate(SERUM.lines[0].split())
    ]
    show.follower.follow(words[:6], words[2].end_us, words[2].end_us)
    followed = show.follower.follow(words, words[-1].end_us, words[-1].end_us)
    assert [heard.place for heard in followed.said] == [LinePlace(0, 0)]
    assert followed.place == LinePlace(0, 0)
    assert not followed.off


def test_lines_said_before_a_restart_are_not_said_again() -> None:
    show = Show(script())
    show.follower.remember([LineHeard(LinePlace(0, 0), START_US, START_US, 900)])
    show.say(f"{SERUM.lines[0]} {SERUM.lines[1]}").rest()
    assert [heard.place for heard in show.said] == [LinePlace(0, 1)]
