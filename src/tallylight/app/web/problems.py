"""How a failure becomes an answer: one shape, the status of its kind, nothing of our insides."""

from typing import Any

import asyncpg
import msgspec
import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from tallylight.app.web.answers import ErrorAnswer, ErrorBody, answer_for, headers_for
from tallylight.app.web.decoding import wrong_field
from tallylight.foundation.errors import TallyError

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "wrong_content_type"}
# SQLSTATE class 22, data exception: a value that no column of ours can hold, such as a NUL in a text.
_DATA_EXCEPTION = "22"
# Connection failure, operator intervention (shutdown), insufficient resources: another try may do.
_AWAY = ("08", "57", "53")

_log = structlog.get_logger()


class Failure(msgspec.Struct):
    """A status and the body that goes with it."""

    status: int
    answer: ErrorAnswer
    headers: dict[str, str] = {}


def failure_of(error: Exception, route: str) -> Failure:
    """What an error is to the caller; what is our fault is logged here, with its route and not its path, which may
    carry a sign-in link.
    """
    if isinstance(error, TallyError):
        headers = {name.decode(): value.decode() for name, value in headers_for(error)}
        return Failure(error.status, answer_for(error), headers)
    if isinstance(error, ValidationException):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _refused_by_framework(error, route)
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if isinstance(error, sqlalchemy.exc.DBAPIError) and state.startswith(_DATA_EXCEPTION):
        return _failure(422, "invalid_input", "a value is out of range or holds a character that no text has")
    if _database_away(error, state):
        _log.warning("the database does not answer", error_type=type(error).__name__, sqlstate=state)
        return _failure(503, "unavailable", "the database does not answer; try again in a moment")
    _log.error("a request failed", route=route, error_type=type(error).__name__, exc_info=error)
    return _failure(500, "internal", "something broke here; it has been logged")


def _invalid(error: ValidationException) -> Failure:
    """A body or parameter of the wrong shape: the first field that is wrong, by name."""
    details = error.extra if isinstance(error.extra, list) and error.extra else [{}]
    first = details[0] if isinstance(details[0], dict) else {}
    problem = wrong_field(str(first.get("message") or error.detail or "the request is not of the right shape"))
    key = str(first.get("key") or "").rpartition(".")[2]
    answer = answer_for(problem)
    if key and "field" not in answer.error.fields:
        answer.error.fields["field"] = key
    return Failure(problem.status, answer)


def _refused_by_framework(error: HTTPException, route: str) -> Failure:
    """No such route, wrong method, too large, no JSON."""
    if error.status_code >= 500:
        _log.error("a request failed", route=route, error_type=type(error).__name__, exc_info=error)
        return _failure(error.status_code, "internal", "something broke here; it has been logged")
    if error.status_code == 400:
        return _failure(422, "invalid_input", error.detail)
    return _failure(error.status_code, _CODES.get(error.status_code, "error"), error.detail)


def _database_away(error: Exception, state: str) -> bool:
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return (
            error.connection_invalidated or isinstance(error, sqlalchemy.exc.InterfaceError) or state.startswith(_AWAY)
        )
    return isinstance(error, OSError | sqlalchemy.exc.TimeoutError | asyncpg.PostgresConnectionError)


def _failure(status: int, code: str, message: str) -> Failure:
    return Failure(status, ErrorAnswer(ErrorBody(code, message, {})))


def _handle(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorAnswer]:
    failure = failure_of(error, str(request.scope.get("route_handler")))
    return Response(failure.answer, status_code=failure.status, headers=failure.headers)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {HTTPException: _handle, Exception: _handle}
