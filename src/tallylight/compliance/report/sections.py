"""Parts of the report that are read off the chain as rows: coverage of the script, and the disclosure on the screen."""

from collections.abc import Sequence
from typing import Any

from tallylight.compliance.chain import ChainEntry
from tallylight.compliance.report.document import Section

VERIFIED = ("confirmed", "unconfirmed")
"""What the chain says of the disclosure on the screen by what players told."""
_LINES_SHOWN_MAX = 200
_CHANGES_SHOWN_MAX = 40
_SCRIPT_RULE = "SCRIPT"
_DRAWN = (
    "The player draws it over the picture. It is not in the picture itself: not at other destinations, not in the "
    "recording, not in a picture in picture"
)

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
    """When players were told to show that the host is paid, and whether they did; nothing when they never had to."""
    entries = [(entry.at_us, payload) for entry, payload in told if entry.kind == "disclosure"]
    started_us = _started_us(told)
    rows: list[tuple[str, str]] = []
    on: tuple[int, str] | None = None
    for at_us, payload in entries:
        if payload.get("event") in VERIFIED:
            continue
        if payload.get("event") == "off" and on is not None:
            rows.append((f"{_since(on[0], started_us)} to {_since(at_us, started_us)}", on[1]))
            on = None
        elif on is None and payload.get("event") != "off":
            on = (at_us, str(payload.get("text") or "on screen"))
    if on is not None:
        rows.append((f"From {_since(on[0], started_us)}", on[1]))
    if not rows:
        return []
    return [Section("On-screen disclosure", [*rows, *_verified(entries, started_us), ("Where it stands", _DRAWN)])]


def _verified(entries: Sequence[tuple[int, dict[str, Any]]], started_us: int) -> list[tuple[str, str]]:
    """What players said of it, whenever that changed, and how few it was at worst."""
    checked = [(at_us, payload) for at_us, payload in entries if payload.get("event") in VERIFIED]
    if not checked:
        return [("Verified", "no: no player said whether it could be read")]
    rows: list[tuple[str, str]] = []
    before = ""
    for at_us, payload in checked:
        if payload["event"] != before:
            before = payload["event"]
            word = "Verified" if before == "confirmed" else "Not verified"
            rows.append((f"{word} at {_since(at_us, started_us)}", _players(payload)))
    if len(rows) > _CHANGES_SHOWN_MAX:
        rows = [*rows[:_CHANGES_SHOWN_MAX], ("And", f"{len(rows) - _CHANGES_SHOWN_MAX} changes more, in the JSON")]
    fewest = min((payload for _, payload in checked), key=lambda each: each["shown"] / each["asked"])
    return [*rows, ("At worst", _players(fewest))]


def _players(payload: dict[str, Any]) -> str:
    return f"readable in {payload['shown']} of {payload['asked']} players"


def _off_script(payload: dict[str, Any]) -> bool:
    return (payload.get("finding") or {}).get("rule") == _SCRIPT_RULE


def _started_us(told: Told) -> int:
    return next((entry.at_us for entry, payload in told if payload.get("event") == "started"), 0)


def _since(at_us: int, started_us: int) -> str:
    """h:mm:ss since the broadcast began."""
    seconds = max(0, at_us - started_us) // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
