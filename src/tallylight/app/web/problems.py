"""How a failure becomes an answer: one shape, the status of its kind, nothing of our insides."""

from typing import Any

import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from tallylight.app.web.answers import ErrorAnswer, ErrorBody, answer_for, headers_for
from tallylight.foundation.errors import InvalidInputError, TallyError

AnyRequest = Request[Any, Any, Any]

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "wrong_content_type"}
# SQLSTATE class 22, data exception: a value that no column of ours can hold, such as a NUL in a text.
_DATA_EXCEPTION = "22"

_log = structlog.get_logger()


def refused(_request: AnyRequest, error: TallyError) -> Response[ErrorAnswer]:
    """A named refusal."""
    headers = {name.decode(): value.decode() for name, value in headers_for(error)}
    return Response(answer_for(error), status_code=error.status, headers=headers)


def invalid(_request: AnyRequest, error: ValidationException) -> Response[ErrorAnswer]:
    """A body or parameter of the wrong shape: the first field that is wrong, by name."""
    details = error.extra if isinstance(error.extra, list) and error.extra else [{}]
    first = details[0] if isinstance(details[0], dict) else {}
    message = str(first.get("message") or error.detail or "the request is not of the right shape")
    fields: dict[str, str | int | bool | None] = {"field": str(first["key"])} if first.get("key") else {}
    return Response(ErrorAnswer(ErrorBody("invalid_input", message, fields)), status_code=InvalidInputError.status)


def http_problem(_request: AnyRequest, error: HTTPException) -> Response[ErrorAnswer]:
    """What the framework itself refuses: no such route, wrong method, too large, no JSON."""
    status = error.status_code
    if status == 400:
        return Response(ErrorAnswer(ErrorBody("invalid_input", error.detail, {})), status_code=422)
    code = _CODES.get(status, "error" if status < 500 else "internal")
    message = error.detail if status < 500 else "something broke here; it has been logged"
    return Response(ErrorAnswer(ErrorBody(code, message, {})), status_code=status)


def database_problem(request: AnyRequest, error: sqlalchemy.exc.SQLAlchemyError) -> Response[ErrorAnswer]:
    """A value that the database cannot hold is the caller's; a database that is away is worth another try."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if state.startswith(_DATA_EXCEPTION):
        return Response(
            ErrorAnswer(
                ErrorBody("invalid_input", "a value is out of range or holds a character that no text has", {})
            ),
            status_code=InvalidInputError.status,
        )
    if isinstance(error, sqlalchemy.exc.TimeoutError) or state.startswith(("08", "57", "53")):
        _log.warning("the database does not answer", sqlstate=state)
        body = ErrorBody("unavailable", "the database does not answer; try again in a moment", {})
        return Response(ErrorAnswer(body), status_code=503)
    return broken(request, error)


def away(_request: AnyRequest, error: OSError) -> Response[ErrorAnswer]:
    """The database's socket is closed."""
    _log.warning("the database cannot be reached", error_type=type(error).__name__)
    body = ErrorBody("unavailable", "the database does not answer; try again in a moment", {})
    return Response(ErrorAnswer(body), status_code=503)


def broken(request: AnyRequest, error: Exception) -> Response[ErrorAnswer]:
    """A fault of ours. The route is logged, not the path: paths carry sign-in links."""
    handler = request.scope.get("route_handler")
    _log.error("a request failed", route=str(handler), error_type=type(error).__name__, exc_info=error)
    body = ErrorBody("internal", "something broke here; it has been logged", {})
    return Response(ErrorAnswer(body), status_code=500)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    TallyError: refused,
    ValidationException: invalid,
    HTTPException: http_problem,
    sqlalchemy.exc.SQLAlchemyError: database_problem,
    OSError: away,
    Exception: broken,
}
