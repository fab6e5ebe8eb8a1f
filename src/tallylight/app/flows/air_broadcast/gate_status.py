"""What the control room's lamp and bars show, once a second."""

from typing import TYPE_CHECKING, Any

import msgspec

from tallylight.compliance.judge_speech import CLAIM_WAIT_US

if TYPE_CHECKING:
    from tallylight.app.flows.air_broadcast.on_air import OnAir


def gate_status(on_air: "OnAir", now_us: int) -> dict[str, Any]:
    """The ``gate`` event's payload (GateStatus of the HTTP API)."""
    gate, ingest = on_air.line.gate, on_air.line.ingest
    newest_us = ingest.newest_us
    judged_us = on_air.review.judged_us
    needed_us = needed_delay_us(on_air.recognition_lag.p95_us)
    return {
        "state": _state(on_air),
        "delay_ms": gate.delay_us_at(now_us) // 1000,
        "delay_wanted_ms": gate.policy.delay_us // 1000,
        "delay_planned_ms": on_air.show.delay_ms,
        "needed_ms": None if needed_us is None else needed_us // 1000,
        "roomy": None if needed_us is None else gate.delay_us_at(now_us) >= needed_us,
        "coughing": gate.coughing,
        "picture_covered": gate.covered_by_hand,
        "programme_us": newest_us,
        "judged_us": judged_us,
        "released_us": gate.released_us,
        "speech_lag_ms": max(newest_us - judged_us, 0) // 1000 if judged_us else max(now_us - newest_us, 0) // 1000,
        "ingest": _ingest(on_air),
        "message": on_air.message,
        "store": None if on_air.store is None else msgspec.to_builtins(on_air.store.status()),
    }


def needed_delay_us(lag_p95_us: int | None) -> int | None:
    """The shortest delay that is safe: the longest phrase that judgement waits for, and the lag of nineteen words of
    twenty. None while the lag is not known.
    """
    return None if lag_p95_us is None else CLAIM_WAIT_US + lag_p95_us


def _state(on_air: "OnAir") -> str:
    gate = on_air.line.gate
    if gate.panicking:
        return "panic"
    if on_air.leaving:
        return "moving"
    if not on_air.publishing:
        return "reconnecting"
    if not on_air.line.window.started:
        return "filling"
    if gate.late:
        return "late"
    return "covered" if gate.covering else "safe"


def _ingest(on_air: "OnAir") -> dict[str, Any] | None:
    ingest = on_air.line.ingest
    if not on_air.publishing or ingest.picture is None or ingest.sound is None:
        return None
    return {
        "video": f"H.264 {ingest.picture.codec}",
        "audio": f"AAC {ingest.sound.sample_rate_hz} Hz, {ingest.sound.channels} ch",
        "width": ingest.picture.width,
        "height": ingest.picture.height,
        "fps_x100": on_air.meter.fps_x100,
        "bitrate_kbps": on_air.meter.bitrate_kbps,
    }
