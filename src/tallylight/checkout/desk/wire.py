"""What desks of one shop say to each other: requests on their way to the holder of the lease, and its answers.

A request travels as all its fields but the future that it is answered by; the two ends make their own. So a new kind of
request needs nothing here but its place in ``DeskRequest``.
"""

import asyncio
import typing
from typing import Any, get_args
from uuid import UUID

import msgspec

from tallylight.checkout.desk.requests import DeskRequest
from tallylight.foundation.errors import TallyError, UnavailableError


class Knock(msgspec.Struct, tag="knock", frozen=True):
    """First frame: which shop, and the key that the holder left in the database for those who may come in."""

    shop_id: UUID
    door_key: bytes


class Asked(msgspec.Struct, tag="asked", frozen=True):
    """A request. ``number`` is the sender's own; ``kind`` names the request's class."""

    number: int
    kind: str
    body: bytes


class Answered(msgspec.Struct, tag="answered", frozen=True):
    """What ``number`` was answered with."""

    number: int
    body: bytes


class Refused(msgspec.Struct, tag="refused", frozen=True):
    """``number`` was answered with an error. ``again``: nothing is decided, whoever holds the lease may be asked."""

    number: int
    error: str
    message: str
    fields: dict[str, str | int | bool | None]
    again: bool


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Are you there?"""


class Pong(msgspec.Struct, tag="pong", frozen=True):
    """Yes."""


FromFollower = Knock | Asked | Ping
FromHolder = Answered | Refused | Pong


class _Form:
    """How one class of requests travels."""

    def __init__(self, request: type[msgspec.Struct]) -> None:
        self._request = request
        hints = typing.get_type_hints(request)
        # asyncio.Future[X]: what it is answered with
        [self.answer] = get_args(hints.pop("answer"))
        self._names = list(hints)
        body = msgspec.defstruct(f"{request.__name__}Body", list(hints.items()), array_like=True)
        self._body = body
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(body)
        self.answers: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(self.answer)

    def encode(self, asked: DeskRequest) -> bytes:
        return _encoder.encode(self._body(*(getattr(asked, name) for name in self._names)))

    def decode(self, body: bytes, answer: "asyncio.Future[Any]") -> DeskRequest:
        found = self._decoder.decode(body)
        made: DeskRequest = self._request(**{name: getattr(found, name) for name in self._names}, answer=answer)  # type: ignore[assignment]
        return made


_encoder = msgspec.msgpack.Encoder()
_FORMS = {request.__name__: _Form(request) for request in get_args(DeskRequest)}


def encode_request(number: int, asked: DeskRequest) -> Asked:
    """``asked`` without its future."""
    kind = type(asked).__name__
    return Asked(number, kind, _FORMS[kind].encode(asked))


def decode_request(asked: Asked, answer: "asyncio.Future[Any]") -> DeskRequest:
    """The request, to be answered by ``answer``. Raises KeyError or msgspec.DecodeError for what is none of ours."""
    return _FORMS[asked.kind].decode(asked.body, answer)


def encode_answer(number: int, answer: object) -> Answered:
    return Answered(number, _encoder.encode(answer))


def decode_answer(asked: DeskRequest, answered: Answered) -> object:
    """What ``asked`` is answered with."""
    return _FORMS[type(asked).__name__].answers.decode(answered.body)


def encode_error(number: int, error: BaseException, *, again: bool) -> Refused:
    """``error`` as its class's name; what is no TallyError of ours becomes an UnavailableError without its text."""
    if isinstance(error, TallyError):
        return Refused(number, _name_of(type(error)), error.message, dict(error.fields), again)
    return Refused(number, _name_of(UnavailableError), "the sale desk failed; repeat with the same key", {}, again)


def decode_error(refused: Refused) -> TallyError:
    """The error as it was raised; one of a class that this process does not know is an UnavailableError."""
    kind = _errors().get(refused.error, UnavailableError)
    return kind(refused.message, **refused.fields)


def _name_of(kind: type[TallyError]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _errors() -> dict[str, type[TallyError]]:
    found: dict[str, type[TallyError]] = {}
    waiting = [TallyError]
    while waiting:
        kind = waiting.pop()
        found[_name_of(kind)] = kind
        waiting += kind.__subclasses__()
    return found
