"""Events as bytes of a ``text/event-stream`` (WHATWG HTML, 9.2), encoded once for all readers."""

from typing import Any
from uuid import UUID

import msgspec

from tallylight.foundation.outbox import Event, Position

NEVER = Position(UUID(int=0), 0)
"""The place of a channel on which nothing was ever published."""

KEEP_ALIVE = b":\n\n"
_OFFSET_MAX = 2**63 - 1


def durable_frame(event: Event) -> bytes:
    """An event with its place, which the browser sends back as Last-Event-ID."""
    data = msgspec.json.encode({"at_us": event.at_us, "payload": event.payload})
    place = f"{event.position.epoch}:{event.position.offset}"
    return f"id: {place}\nevent: {event.type}\ndata: ".encode() + data + b"\n\n"


def ephemeral_frame(type_: str, payload: dict[str, Any]) -> bytes:
    """A gauge: no id, since the next one replaces it."""
    data = msgspec.json.encode({"at_us": None, "payload": payload})
    return f"event: {type_}\ndata: ".encode() + data + b"\n\n"


def reset_frame(position: Position) -> bytes:
    """The reader cannot be caught up: it fetches the snapshot again; what follows goes on after ``position``."""
    place = f"{position.epoch}:{position.offset}"
    data = msgspec.json.encode({"epoch": position.epoch, "offset": position.offset})
    return f"id: {place}\nevent: reset\ndata: ".encode() + data + b"\n\n"


def parse_position(epoch: str | None, offset: str | None) -> Position | None:
    """A place as a reader wrote it; None when it is none."""
    try:
        place = Position(UUID(epoch or ""), int(offset or ""))
    except ValueError:
        return None
    return place if 0 <= place.offset <= _OFFSET_MAX else None


def parse_last_event_id(text: str | None) -> Position | None:
    """A place from a Last-Event-ID header, ``epoch:offset``; None when it is none."""
    epoch, _, offset = (text or "").partition(":")
    return parse_position(epoch, offset)
