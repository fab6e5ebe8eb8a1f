"""The gate in virtual time, on sound that is 1.0 everywhere: whatever is not 1.0 on air was withheld."""

from uuid import UUID, uuid4

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.foundation.clock import samples_to_us, us_to_samples
from tallylight.media.codec_config import PictureFormat
from tallylight.media.delay_gate import DelayGate, GateFact, Released, ReleasedPicture, ReleasedSound
from tallylight.media.release_policy import Action, GatePolicy, WithheldSpan, pad_span
from tallylight.media.units import AudioUnit, EpochClosed, EpochOpened, VideoUnit
from tallylight.media.withheld import SpanAired, StretchBegan, StretchEnded

START_US = 1_750_000_000_000_000
SECOND = 1_000_000
BLOCK = 1024
FRAME_US = 33_333
PICTURE = PictureFormat(320, 180, "avc1.42c00d")


class Air:
    """A gate fed with one epoch after another; air collected by sample."""

    def __init__(self, delay_us: int = 2 * SECOND, **policy: int | bool) -> None:
        self.gate = DelayGate(GatePolicy(delay_us, pad_us=0, recover_margin_us=0, **policy))  # type: ignore[arg-type]
        self.released: list[tuple[int, Released]] = []
        self.facts: list[GateFact] = []

    def epoch(self, index: int, origin_us: int, seconds: int, *, group: int = 60, close: bool = True) -> None:
        gate = self.gate
        gate.put(EpochOpened(index, origin_us, b"avcc", PICTURE, FRAME_US))
        first = us_to_samples(origin_us - START_US, 48_000) + (index > 0)
        for block in range(seconds * 48_000 // BLOCK):
            gate.put(AudioUnit(index, first + block * BLOCK, np.ones((2, BLOCK), np.float32)))
        for frame in range(seconds * 30):
            at = origin_us + frame * FRAME_US
            gate.put(VideoUnit(index, at, at, FRAME_US, frame % group == 0, b"picture"))
        if close:
            gate.put(EpochClosed(index, origin_us + seconds * SECOND))

    def step(self, now_us: int) -> None:
        released, facts = self.gate.step(now_us)
        self.released += [(now_us, item) for item in released]
        self.facts += facts

    def run(self, until_us: int, *, judged: int | None = None) -> None:
        """Step at each due moment; the verdict is always there unless ``judged`` says how far it goes."""
        while (due := self.gate.next_due_us()) is not None and due <= until_us:
            self.gate.advance_watermark(due if judged is None else judged)
            self.step(due)

    def sound(self) -> np.ndarray:
        """The first channel on air by sample index; NaN where nothing was released."""
        pieces = [item for _, item in self.released if isinstance(item, ReleasedSound)]
        sound = np.full(max((piece.start + piece.pcm.shape[1] for piece in pieces), default=0), np.nan, np.float32)
        for piece in pieces:
            assert np.isnan(sound[piece.start : piece.start + piece.pcm.shape[1]]).all(), "a sample was released twice"
            sound[piece.start : piece.start + piece.pcm.shape[1]] = piece.pcm[0]
        return sound

    def covered(self) -> list[int]:
        """Times of covered pictures, relative to the start."""
        return [
            item.unit.pts_us - START_US
            for _, item in self.released
            if isinstance(item, ReleasedPicture) and item.covered
        ]


def at(seconds: float) -> int:
    return START_US + round(seconds * SECOND)


def sample(us: int) -> int:
    return us_to_samples(us - START_US, 48_000)


def span(start: float, end: float, action: Action = "bleep", span_id: UUID | None = None) -> WithheldSpan:
    return WithheldSpan(span_id or uuid4(), at(start), at(end), action)


def test_a_sample_leaves_when_it_is_as_old_as_the_delay_and_not_before() -> None:
    air = Air(2 * SECOND)
    air.epoch(0, START_US, 3)
    air.gate.advance_watermark(at(10))
    air.step(at(2) - 1)
    assert air.released == []
    assert air.gate.next_due_us() == at(2)
    air.step(at(3))
    sounds = [item for _, item in air.released if isinstance(item, ReleasedSound)]
    assert sounds[-1].start + BLOCK <= 48_000 < sounds[-1].start + 2 * BLOCK
    pictures = [item.unit.pts_us for _, item in air.released if isinstance(item, ReleasedPicture)]
    assert max(pictures) <= at(1) < max(pictures) + 2 * FRAME_US


def test_judged_sound_airs_bit_for_bit() -> None:
    air = Air()
    air.epoch(0, START_US, 3)
    air.run(at(10))
    assert (air.sound() == 1).all()
    assert air.covered() == []
    assert air.facts == []
    assert air.gate.empty
    assert air.gate.held_bytes == 0


def test_a_bleep_is_sample_accurate_with_a_tone_inside_and_fades_outside() -> None:
    air = Air()
    air.epoch(0, START_US, 3)
    air.gate.withhold(span(1.2345, 1.75))
    air.run(at(10))
    sound = air.sound()
    start, end, fade = sample(at(1.2345)), sample(at(1.75)), 240
    assert (sound[: start - fade] == 1).all()
    assert (sound[end + fade :] == 1).all()
    assert (np.diff(sound[start - fade : start]) < 0).all()
    inside = sound[start:end]
    assert np.abs(inside).max() <= 0.2001, "nothing of the source is left inside"
    spectrum = np.abs(np.fft.rfft(inside[fade:-fade]))
    assert abs(np.argmax(spectrum[1:]) + 1 - 1000 * (end - start - 2 * fade) / 48_000) <= 1
    assert [(fact.outcome, fact.start_us) for fact in air.facts if isinstance(fact, SpanAired)] == [
        ("bleeped", at(1.2345))
    ]


def test_a_cover_silences_and_hides_until_the_next_keyframe() -> None:
    air = Air()
    air.epoch(0, START_US, 6)
    air.gate.withhold(span(1.0, 1.5, "cover"))
    air.run(at(10))
    sound = air.sound()
    assert (sound[sample(at(1.0)) : sample(at(1.5))] == 0).all()
    assert (sound[sample(at(1.5)) + 240 :] == 1).all()
    covered = air.covered()
    assert at(1.0) - FRAME_US <= START_US + min(covered) <= at(1.0)
    keyframe_us = 60 * FRAME_US
    assert max(covered) == keyframe_us - FRAME_US, "the picture is back at the keyframe, not before"
    assert len(covered) == (max(covered) - min(covered)) // FRAME_US + 1, "each picture is replaced, one for one"


def test_late_verdicts_cover_on_time_and_stay_decided() -> None:
    air = Air()
    air.epoch(0, START_US, 6)
    air.run(at(4), judged=at(1))
    assert np.nanmax(air.sound()[sample(at(1)) :]) == 0, "nothing unjudged aired"
    assert air.gate.released_us > at(1.9), "and air did not stall"
    assert air.gate.late
    air.run(at(20))
    sound = air.sound()
    assert np.nanmax(sound[sample(at(1)) : sample(at(1.95))]) == 0, "what was covered stays so"
    assert (sound[sample(at(2.1)) :] == 1).all()
    [began] = [fact for fact in air.facts if isinstance(fact, StretchBegan)]
    [ended] = [fact for fact in air.facts if isinstance(fact, StretchEnded)]
    assert began.kind == ended.kind == "late"
    assert at(0.95) < began.start_us <= at(1) < at(1.9) < ended.end_us < at(2.1)


def test_fail_open_airs_unjudged_sound_on_record() -> None:
    air = Air(fail_open=True)
    air.epoch(0, START_US, 3)
    air.run(at(10), judged=at(1))
    assert (air.sound() == 1).all()
    assert [(type(fact), fact.kind) for fact in air.facts if not isinstance(fact, SpanAired)] == [
        (StretchBegan, "fail_open"),
        (StretchEnded, "fail_open"),
    ]


def test_fail_open_still_bleeps_what_is_known() -> None:
    air = Air(fail_open=True)
    air.epoch(0, START_US, 3)
    air.gate.withhold(span(2, 2.5))
    air.run(at(10), judged=at(1))
    assert np.abs(air.sound()[sample(at(2)) : sample(at(2.5))]).max() <= 0.2001


def test_a_span_that_comes_after_its_sound_aired_is_late_and_silences_the_rest() -> None:
    air = Air(fail_open=True)
    air.epoch(0, START_US, 4)
    air.run(at(3.5), judged=0)
    air.gate.withhold(span(1.0, 2.5))
    air.run(at(20), judged=0)
    assert np.abs(air.sound()[sample(at(1.6)) : sample(at(2.5))]).max() <= 0.2001
    assert [fact.outcome for fact in air.facts if isinstance(fact, SpanAired)] == ["late"]


def test_panic_covers_the_very_next_sample_and_uncover_lets_go() -> None:
    air = Air()
    air.epoch(0, START_US, 8)
    air.run(at(3))
    head = air.sound().shape[0]
    air.gate.panic()
    air.run(at(5))
    air.gate.uncover()
    lifted = air.sound().shape[0]
    air.run(at(20))
    sound = air.sound()
    assert (sound[:head] == 1).all()
    assert (sound[head:lifted] == 0).all()
    assert lifted - head > 1.9 * 48_000
    assert (np.diff(sound[lifted : lifted + 240]) > 0).all(), "it comes back in a fade"
    assert (sound[lifted + 240 :] == 1).all()
    assert [fact.kind for fact in air.facts if isinstance(fact, StretchBegan | StretchEnded)] == ["panic", "panic"]


def test_a_cleared_span_airs_as_it_came_and_says_so() -> None:
    air = Air()
    air.epoch(0, START_US, 3)
    held = span(1, 1.5)
    air.gate.withhold(held)
    air.run(at(2.5))
    assert air.gate.decide(held.id, "none")
    air.run(at(10))
    assert (air.sound() == 1).all()
    assert [fact.outcome for fact in air.facts if isinstance(fact, SpanAired)] == ["cleared"]


def test_clearing_comes_too_late_once_the_span_has_begun_to_air() -> None:
    air = Air()
    air.epoch(0, START_US, 3)
    held = span(1, 1.5)
    air.gate.withhold(held)
    air.run(at(3.2))
    assert not air.gate.decide(held.id, "none")
    air.run(at(10))
    assert np.abs(air.sound()[sample(at(1)) : sample(at(1.5))]).max() <= 0.2001


def test_the_desk_can_turn_a_bleep_into_a_cover() -> None:
    air = Air()
    air.epoch(0, START_US, 4)
    held = span(1, 1.5)
    air.gate.withhold(held)
    assert air.gate.decide(held.id, "cover")
    air.run(at(10))
    assert (air.sound()[sample(at(1)) : sample(at(1.5))] == 0).all()
    assert air.covered()


def test_an_old_epoch_drains_at_the_full_delay_when_a_new_one_has_come() -> None:
    """The prototype let the old epoch out at once on a reconnect."""
    air = Air(5 * SECOND)
    air.epoch(0, START_US, 3)
    air.epoch(1, at(4), 2)
    air.gate.advance_watermark(at(2))
    air.step(at(4.5))
    assert air.released == []
    for now in (5.5, 6.5, 7.2):
        air.step(at(now))
        for now_us, item in air.released:
            if isinstance(item, ReleasedSound):
                assert now_us - START_US >= samples_to_us(item.start + BLOCK, 48_000) + 5 * SECOND
    assert np.nanmax(air.sound()[sample(at(2)) :]) == 0


def test_too_many_findings_at_once_cover_everything() -> None:
    air = Air()
    air.epoch(0, START_US, 3)
    for _ in range(600):
        air.gate.withhold(span(2, 2.1))
    assert air.gate.panicking


def test_padding_stops_at_the_centres_of_the_words_around() -> None:
    words = [(0, 400_000), (500_000, 600_000), (650_000, 700_000), (1_500_000, 2_500_000)]
    assert pad_span(650_000, 700_000, words, 200_000) == (550_000, 900_000)
    assert pad_span(650_000, 1_400_000, words, 200_000) == (550_000, 1_600_000)
    assert pad_span(650_000, 700_000, [], 200_000) == (450_000, 900_000)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_nothing_unjudged_early_or_withheld_ever_airs(data: st.DataObject) -> None:
    """Any order of watermarks, spans, commands and steps: each audible sample was old enough, judged and free."""
    delay_us = data.draw(st.integers(0, 4)) * 500_000
    air = Air(delay_us)
    air.epoch(0, START_US, 2, close=data.draw(st.booleans()))
    spans: list[WithheldSpan] = []
    now_us = START_US
    judged_us = START_US
    panic = False
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["step", "step", "judge", "span", "panic", "uncover", "clear"])):
            case "step":
                now_us += data.draw(st.integers(0, 700_000))
                released_before = len(air.released)
                air.step(now_us)
                for _, item in air.released[released_before:]:
                    if isinstance(item, ReleasedSound):
                        check_block(item, now_us - delay_us, judged_us, spans, panic=panic)
                    elif isinstance(item, ReleasedPicture) and not item.covered:
                        assert not panic
                        assert item.unit.pts_us <= now_us - delay_us
                        assert item.unit.shown_until_us <= judged_us
            case "judge":
                judged_us += data.draw(st.integers(0, 800_000))
                air.gate.advance_watermark(judged_us)
            case "span":
                # The watermark is a promise: no span that begins before it comes after it.
                start_us = judged_us + data.draw(st.integers(0, 900_000))
                made = WithheldSpan(uuid4(), start_us, start_us + data.draw(st.integers(1, 500_000)), "bleep")
                spans.append(made)
                air.gate.withhold(made)
            case "clear" if spans:
                chosen = data.draw(st.sampled_from(spans))
                if air.gate.decide(chosen.id, "none"):
                    spans.remove(chosen)
            case "panic":
                panic = True
                air.gate.panic()
            case "uncover":
                panic = False
                air.gate.uncover()


def check_block(item: ReleasedSound, target_us: int, judged_us: int, spans: list[WithheldSpan], *, panic: bool) -> None:
    end_us = START_US + samples_to_us(item.start + item.pcm.shape[1], 48_000)
    assert end_us <= target_us
    if panic or end_us > judged_us:
        assert not item.pcm.any()
    index = np.arange(item.start, item.start + item.pcm.shape[1])
    for withheld in spans:
        inside = (index >= sample(withheld.start_us)) & (index < sample(withheld.end_us))
        assert np.abs(item.pcm[:, inside]).max(initial=0) <= 0.2001
