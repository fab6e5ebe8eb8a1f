"""What viewers heard of a whole loop of the demo's show, beside what the host said."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.support.aired import RATE_HZ, AiredCollector, Samples
from tests.support.hearing import delay_samples, heard_words, phrase_likeness_percent, sound_of, transcribe

pytestmark = pytest.mark.alone

ASSETS = Path(str(files("tallylight.app.demo"))) / "assets"
ARTEFACT = Path(__file__).parents[2] / "artifacts" / "what-aired.json"
HEARD_PERCENT = 80
MARGIN_MS = 250


class Line(msgspec.Struct):
    """A line of the host's timeline."""

    id: str
    kind: str
    text: str
    start_ms: int
    end_ms: int
    phrase: str = ""
    rule: str = ""
    cue: str = ""
    cue_ms: int = 0


class Loop(msgspec.Struct):
    """Both sides of one loop, line by line."""

    said: dict[str, str]
    aired: dict[str, str]


class Timeline(msgspec.Struct):
    samples: int
    sample_rate: int
    lines: list[Line]


TIMELINE = msgspec.json.decode((ASSETS / "timeline.json").read_bytes(), type=Timeline)
VIOLATIONS = [line for line in TIMELINE.lines if line.kind == "violation"]
APPROVED = [line for line in TIMELINE.lines if line.kind != "violation"]


def clip(samples: Samples, line: Line) -> Samples:
    low = max(0, (line.start_ms - MARGIN_MS) * RATE_HZ // 1000)
    return samples[low : (line.end_ms + MARGIN_MS) * RATE_HZ // 1000]


@pytest.fixture(scope="module")
def loop(public: httpx.Client, live_show: dict[str, Any], aired: AiredCollector) -> Loop:
    """Waits for one whole loop to air and transcribes it and its source."""
    first_pin = next(line for line in TIMELINE.lines if line.cue.startswith("pin-"))
    duration_us = TIMELINE.samples * 1_000_000 // TIMELINE.sample_rate
    aired.wait_until(live_show["broadcast"]["started_us"] + (first_pin.cue_ms + 2_000) * 1_000, timeout_s=90)
    moments = public.get(f"/api/shows/{live_show['slug']}").json()["moments"]
    started_us = live_show["broadcast"]["started_us"]
    pin_us = next(m["at_us"] for m in moments if m["type"] == "pin" and m["at_us"] >= started_us)
    loop_us = pin_us - first_pin.cue_ms * 1_000
    aired.wait_until(loop_us + duration_us, timeout_s=260)
    source = sound_of(ASSETS / "show.mp4")
    # Refine by the sound itself, on a window as wide as the cue's own inaccuracy.
    rough = aired.sound(loop_us - 2_000_000, loop_us + duration_us)
    lag_us = (delay_samples(source, rough) * 1_000_000) // RATE_HZ - 2_000_000
    sound = aired.sound(loop_us + lag_us, loop_us + lag_us + duration_us)
    result = Loop(
        said={line.id: transcribe(clip(source, line)) for line in TIMELINE.lines},
        aired={line.id: transcribe(clip(sound, line)) for line in TIMELINE.lines},
    )
    ARTEFACT.parent.mkdir(parents=True, exist_ok=True)
    ARTEFACT.write_text(json.dumps(msgspec.to_builtins(result), indent=1))
    return result


def test_the_script_breaks_six_rules_or_more() -> None:
    assert len(VIOLATIONS) >= 6
    assert {"R1", "R4", "R5", "R9", "R11"} <= {line.rule for line in VIOLATIONS}


@pytest.mark.parametrize("line", VIOLATIONS, ids=lambda line: line.id)
def test_no_violating_phrase_survives(line: Line, loop: Loop) -> None:
    assert phrase_likeness_percent(line.phrase, loop.said[line.id]) >= HEARD_PERCENT, "the listener must hear it said"
    assert phrase_likeness_percent(line.phrase, loop.aired[line.id]) < HEARD_PERCENT


def test_approved_words_survive(loop: Loop) -> None:
    counts = {line.id: heard_words(loop.said[line.id], loop.aired[line.id]) for line in APPROVED}
    heard, said = (sum(each[i] for each in counts.values()) for i in (0, 1))
    lost = {line: counts[line] for line in counts if counts[line][0] < counts[line][1]}
    assert heard >= 0.95 * said, f"{heard} of {said} words; lines that lost words: {lost}"
