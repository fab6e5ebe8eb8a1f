"""Answers of the raw routes, and the one shape that every error has."""

from collections.abc import Iterable

import msgspec
from litestar.types import HTTPScope, Receive, Send

from tallylight.foundation.errors import TallyError

Headers = Iterable[tuple[bytes, bytes]]

_encoder = msgspec.json.Encoder()


class ErrorBody(msgspec.Struct):
    """What went wrong: a stable ``code``, a sentence that says what to do, the field or figures it is about."""

    code: str
    message: str
    fields: dict[str, str | int | bool | None]


class ErrorAnswer(msgspec.Struct):
    """Every answer that is not a success."""

    error: ErrorBody


class BodyTooLargeError(TallyError):
    """The request's body is over the route's limit."""

    code = "body_too_large"
    status = 413


class WrongContentTypeError(TallyError):
    """A body of another kind than the route reads."""

    code = "wrong_content_type"
    status = 415


def answer_for(error: TallyError) -> ErrorAnswer:
    return ErrorAnswer(ErrorBody(error.code, error.message, dict(error.fields)))


def headers_for(error: TallyError) -> list[tuple[bytes, bytes]]:
    """Retry-After where the error knows it (RFC 9110, 10.2.3)."""
    retry_after_s = error.fields.get("retry_after_s")
    return [] if retry_after_s is None else [(b"retry-after", str(retry_after_s).encode())]


async def send_json(send: Send, status: int, body: object, headers: Headers = ()) -> None:
    await send_bytes(send, status, _encoder.encode(body), [(b"content-type", b"application/json"), *headers])


async def send_bytes(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def header_of(scope: HTTPScope, name: bytes) -> str | None:
    """The first header of this lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


async def read_body(receive: Receive, bytes_max: int) -> bytes | None:
    """The request's body; None when the client left meanwhile; BodyTooLargeError beyond ``bytes_max``."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if message["type"] != "http.request":
            continue
        size += len(message["body"])
        if size > bytes_max:
            raise BodyTooLargeError(f"the body is over {bytes_max} bytes")
        pieces.append(message["body"])
        if not message.get("more_body"):
            return b"".join(pieces)
