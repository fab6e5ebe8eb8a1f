"""The desk hears a phrase while the gate still holds it; viewers cannot get at it."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from tallylight.media.kept_sound import CUT_US_MAX, KEPT_US, KeptSound
from tallylight.media.preview_token import preview_key, sign_preview
from tallylight.media.sound import REVIEW_RATE_HZ
from tests.media.attacks.test_guessed_urls import BROADCAST, get
from tests.media.lines import VirtualAir
from tests.media.sources import make_source, tone_hz

AT = 1_750_000_000_000_000


def decoded(sound: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(sound), "r") as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().reshape(-1, stream.channels)[:, 0] for frame in container.decode(audio=0)]
        return np.concatenate(frames), stream.rate


def pitch_hz(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


def test_held_sound_is_heard_before_it_airs_and_from_the_recording_later(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path / "recordings", delay_us=8_000_000)
    air.publish(make_source(6))
    assert air.line.gate.released_us < air.line.ingest.newest_us - 5_000_000, "nothing has aired"
    started_us = air.watcher.heard[0].at_us
    token = sign_preview(preview_key(tmp_path), BROADCAST, air.clock.now_us())
    url = f"/preview/{token}/sound-{started_us + 3_000_000}-{started_us + 4_000_000}"
    [held] = get(air, url)
    assert (held.status_code, held.headers["content-type"]) == (200, "audio/wav")
    assert held.headers["cache-control"] == "private, no-store"
    sound, rate = decoded(held.content)
    assert (len(sound), rate) == (REVIEW_RATE_HZ, REVIEW_RATE_HZ)
    assert abs(pitch_hz(sound[800:-800], rate) - tone_hz(3)) < 8

    air.leave()
    air.drain()
    air.line.finish()
    air.line.original_recorder.finish()
    air.line.kept_sound = KeptSound()  # as it is two minutes later
    token = sign_preview(preview_key(tmp_path), BROADCAST, air.clock.now_us())
    later, never, long, backwards = get(
        air,
        f"/preview/{token}/sound-{started_us + 3_000_000}-{started_us + 4_000_000}",
        f"/preview/{token}/sound-{started_us + 60_000_000}-{started_us + 61_000_000}",
        f"/preview/{token}/sound-{started_us}-{started_us + CUT_US_MAX + 1}",
        f"/preview/{token}/sound-{started_us}-{started_us - 1}",
    )
    assert (later.status_code, later.headers["content-type"]) == (200, "audio/flac")
    sound, rate = decoded(later.content)
    assert abs(pitch_hz(sound[4_000:-4_000], rate) - tone_hz(3)) < 8
    assert (never.status_code, long.status_code, backwards.status_code) == (404, 400, 400)


def test_two_minutes_are_kept_and_gaps_are_silent() -> None:
    kept = KeptSound()
    block = np.full(REVIEW_RATE_HZ, 1000, "<i2").tobytes()
    for second in (0, 2, *range(4, 200)):
        kept.add(AT + second * 1_000_000, block)
    assert kept.cut(AT, AT + 1_000_000) is None
    newest = AT + 199_000_000
    assert kept.cut(newest - KEPT_US, newest - KEPT_US + 1_000_000) is not None
    early = KeptSound()
    for second in (0, 2):
        early.add(AT + second * 1_000_000, block)
    cut = early.cut(AT + 500_000, AT + 10_000_000)
    assert cut is not None
    sound, _ = decoded(cut)
    half = REVIEW_RATE_HZ // 2
    assert len(sound) == 5 * half, "up to what there is"
    assert (sound[:half] == 1000).all()
    assert not sound[half : 3 * half].any()
    assert (sound[3 * half :] == 1000).all()
    with pytest.raises(ValueError, match="thirty"):
        early.cut(AT, AT)
