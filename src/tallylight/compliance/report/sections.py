"""Parts of the report that are read off the chain as rows: coverage of the script, and the disclosure on the screen."""

from collections.abc import Sequence
from typing import Any

from tallylight.compliance.chain import ChainEntry
from tallylight.compliance.report.document import Section

_LINES_SHOWN_MAX = 200
_SCRIPT_RULE = "SCRIPT"

Told = Sequence[tuple[ChainEntry, dict[str, Any]]]


def coverage(told: Told) -> list[Section]:
    """How much of the signed script was said; nothing for a show that went by none."""
    script = next((payload for entry, payload in told if entry.kind == "script"), None)
    if script is None:
        return []
    said = [(entry, payload) for entry, payload in told if entry.kind == "script.line"]
    lines = script.get("lines")
    share = f"{len(said)} of {lines}" if lines else str(len(said))
    percent = f", {len(said) * 100 // lines} %" if lines else ""
    heard = [payload["heard_permille"] for _, payload in said]
    rows = [
        ("Signed version", str(script["version"])),
        ("SHA-256 of its words", str(script["segments_sha256"])),
        ("Lines said", share + percent),
    ]
    if heard:
        rows.append(("Heard of those lines", f"{sum(heard) // len(heard) // 10} % on average"))
    off = [payload for entry, payload in told if entry.kind == "finding" and _off_script(payload)]
    rows.append(("Off the script", f"{len(off)} {'stretch' if len(off) == 1 else 'stretches'}"))
    started_us = _started_us(told)
    for entry, payload in said[:_LINES_SHOWN_MAX]:
        rows.append((f"Said at {_since(entry.at_us, started_us)}", str(payload["text"])))
    if len(said) > _LINES_SHOWN_MAX:
        rows.append(("And", f"{len(said) - _LINES_SHOWN_MAX} lines more, in the JSON"))
    return [Section("Script coverage", rows)]


def on_screen(told: Told) -> list[Section]:
    """When the player showed that the host is paid; nothing when it never had to."""
    rows: list[tuple[str, str]] = []
    started_us = _started_us(told)
    on: tuple[int, str] | None = None
    for entry, payload in told:
        if entry.kind != "disclosure":
            continue
        if payload.get("event") == "off" and on is not None:
            rows.append((f"{_since(on[0], started_us)} to {_since(entry.at_us, started_us)}", on[1]))
            on = None
        elif on is None and payload.get("event") != "off":
            on = (entry.at_us, str(payload.get("text") or "on screen"))
    if on is not None:
        rows.append((f"From {_since(on[0], started_us)}", on[1]))
    return [Section("On-screen disclosure", rows)] if rows else []


def _off_script(payload: dict[str, Any]) -> bool:
    return (payload.get("finding") or {}).get("rule") == _SCRIPT_RULE


def _started_us(told: Told) -> int:
    return next((entry.at_us for entry, payload in told if payload.get("event") == "started"), 0)


def _since(at_us: int, started_us: int) -> str:
    """h:mm:ss since the broadcast began."""
    seconds = max(0, at_us - started_us) // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
