"""Speech for bench.truth: sentences heard by the product's streaming recogniser and judged as on air.

Each sentence is a stream of its own (SlidingWindow, faster-whisper, the hints that its show would give), pushed
in tenths of a second with every interim pass run, its words handed to SpeechJudge as they become final. What passes
cost is left out of virtual time: bench.speech_lag measures that.
"""

import hashlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec
from tests.corpora.sentences import Sentence

from bench.truth_sound import in_noise, music, room, spoken, voice_all
from tallylight.app.flows.withhold_speech.review_broadcast import hints_for
from tallylight.compliance.judge_speech import SpeechFinding, SpeechJudge
from tallylight.compliance.pack import Pack
from tallylight.compliance.types import RANK, Circumstances
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Heard, Hints
from tallylight.speech.run_pass import run_pass
from tallylight.speech.sliding_window import SlidingWindow
from tallylight.speech.voice_activity import SileroVoiceActivity, Sound

LEVELS: dict[str, float | None] = {"quiet": None, "noise_20db": 20.0, "noise_10db": 10.0}
"""How far the room or the music lies under the voice. A sentence has the one or the other, at every level the same."""
_CHUNK = SAMPLE_RATE_HZ // 10
_SAY_EVERY = 25


class Hearing(msgspec.Struct, frozen=True):
    """What was heard of a sentence, and the rules that stopped some of it (held or blocked; ``block``: blocked)."""

    text: str
    rules: frozenset[str]
    block: bool


def sample(of: Sequence[Sentence], count: int) -> list[Sentence]:
    """About ``count`` sentences, as many of each rule and label as can be, always the same; in the order given."""
    groups: defaultdict[tuple[str, str], list[Sentence]] = defaultdict(list)
    for each in sorted(of, key=lambda each: hashlib.sha256(each.id.encode()).digest()):
        groups[each.rule or "", each.label].append(each)
    turns = sorted(
        (turn, key, each) for key, group in groups.items() for turn, each in enumerate(each.id for each in group)
    )
    chosen = {name for _, _, name in turns[:count]}
    return [each for each in of if each.id in chosen]


def hear_all(
    of: Sequence[Sentence], pack: Pack, known: Callable[[Sentence], Circumstances], model: str
) -> tuple[dict[str, dict[str, Hearing]], float]:
    """Every sentence at every level: level → sentence id → what was heard; and processor time a second of sound."""
    voice_all(of)
    engine = FasterWhisperEngine(model, threads=1)
    worked_s = sounded_s = 0.0
    hearings: dict[str, dict[str, Hearing]] = {level: {} for level in LEVELS}
    for number, each in enumerate(of):
        clean = spoken(each)
        others = [of[(number + step) % len(of)] for step in range(1, 5)]
        noise = room(len(clean), others, number) if number % 2 else music(len(clean), number)
        for level, below_db in LEVELS.items():
            sound = clean if below_db is None else in_noise(clean, noise, below_db)
            began_s = time.process_time()
            hearings[level][each.id] = hear(sound, engine, pack, known(each))
            worked_s += time.process_time() - began_s
            sounded_s += len(sound) / SAMPLE_RATE_HZ
        if (number + 1) % _SAY_EVERY == 0:
            print(f"heard {number + 1} of {len(of)}", file=sys.stderr, flush=True)
    return hearings, round(worked_s / sounded_s, 3)


def hear(sound: Sound, engine: FasterWhisperEngine, pack: Pack, known: Circumstances) -> Hearing:
    """A stream that holds only ``sound``."""
    air = _Air(pack, known)
    window = SlidingWindow(SileroVoiceActivity())
    window.anchor(0)
    hints = hints_for(known.subject, pack)
    for at in range(0, len(sound), _CHUNK):
        window.push(sound[at : at + _CHUNK])
        _passes(window, engine, hints, air)
    window.flush()
    _passes(window, engine, hints, air)
    return air.hearing()


def _passes(window: SlidingWindow, engine: FasterWhisperEngine, hints: Hints, air: "_Air") -> None:
    while (due := window.due()) is not None:
        air.take(window.accept(due, run_pass(window, due, engine, hints)))
    air.take(window.watermark())


class _Air:
    """The judge of one stream, as the review of a broadcast drives it."""

    def __init__(self, pack: Pack, known: Circumstances) -> None:
        self._judge = SpeechJudge(pack)
        self._known = known
        self._words: list[str] = []
        self._found: list[SpeechFinding] = []

    def take(self, heard: Heard | None) -> None:
        if heard is None:
            return
        self._words += [word.text for word in heard.words]
        self._judge.hear(heard)
        portion = self._judge.take()
        if portion is not None:
            self._found += self._judge.judge(portion, self._known)

    def hearing(self) -> Hearing:
        stops = [each.found for each in self._found if RANK[each.found.verdict] >= RANK["hold"]]
        return Hearing(
            " ".join(self._words),
            frozenset(found.rule for found in stops),
            any(found.verdict == "block" for found in stops),
        )
