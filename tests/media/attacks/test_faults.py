"""Faults and keys in random order: no sample airs unreviewed. The long run is ``python -m bench.gate_faults``."""

import pytest

from tallylight.media.air_sound import AirSound
from tallylight.media.delay_gate import DelayGate, ReleasedSound
from tallylight.media.sound import AacPacket
from tests.media.fault_run import FaultRun

SEEDS = range(10_000, 10_024)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_unreviewed_airs_under_faults(seed: int) -> None:
    run = FaultRun(seed).play()
    assert (run.unreviewed_samples, run.complaints) == (0, [])


def leaks() -> set[str]:
    return {what for seed in SEEDS for what in FaultRun(seed).play().complaints}


def test_the_auditor_sees_a_gate_that_takes_everything_for_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DelayGate, "_judged", lambda *_: True)
    assert leaks() >= {"a picture aired unjudged", "a packet aired unjudged", "withheld sound is heard"}


def test_the_auditor_sees_packets_that_pass_without_looking_at_the_next_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(_: AirSound, sound: ReleasedSound) -> list[AacPacket]:
        return [] if sound.packet is None else [AacPacket(sound.start, 1024, sound.packet)]

    monkeypatch.setattr(AirSound, "air", at_once)
    assert "a packet that carries withheld sound aired" in leaks()
