"""Errors that reach a person: what is wrong, and what to do about it.

A room subclasses ``TallyError`` once per thing that can go wrong at its door; the web edge turns it into
``{"error": {"code", "message", "fields"}}`` with its status, the command line into one line.
"""

from collections.abc import Mapping
from typing import ClassVar


class TallyError(Exception):
    """A refusal with a stable code. ``message`` names what is wrong and what to do; it never holds secrets."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **fields: str | int | bool | None) -> None:
        super().__init__(message)
        self.message = message
        self.fields: Mapping[str, str | int | bool | None] = fields


class NotFoundError(TallyError):
    """Nothing of that name is here, or it is not the caller's to see: the two must look alike."""

    code = "not_found"
    status = 404


class InvalidInputError(TallyError):
    """The request is understood and wrong; ``fields`` may name the field."""

    code = "invalid_input"
    status = 422


class ConflictError(TallyError):
    """The request does not fit the present state."""

    code = "conflict"
    status = 409


class ForbiddenError(TallyError):
    """Signed in, without the role that this needs."""

    code = "forbidden"
    status = 403


class UnauthenticatedError(TallyError):
    """Not signed in, or the session has ended."""

    code = "unauthenticated"
    status = 401


class TooManyRequestsError(TallyError):
    """A rate limit; ``retry_after_s`` says when to come back."""

    code = "too_many_requests"
    status = 429


class UnavailableError(TallyError):
    """A part that this needs is down or full; the request may be repeated."""

    code = "unavailable"
    status = 503
