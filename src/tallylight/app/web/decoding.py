"""Bodies of the raw routes: msgspec decodes, and a wrong field is named as everywhere else."""

import re
from typing import TypeVar

import msgspec

from tallylight.foundation.errors import InvalidInputError

T = TypeVar("T")

_PATH = re.compile(r" - at `\$([^`]*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")
_NAME = re.compile(r"\w+")


def decode_json(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The body as its type; InvalidInputError with the field that is wrong."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise wrong_field(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInputError("the body is not JSON") from None


def wrong_field(message: str) -> InvalidInputError:
    """msgspec's complaint as ours: the innermost name of its path, or the field that is missing."""
    plain = _PATH.sub("", message)
    missing = _MISSING.search(plain)
    path = _PATH.search(message)
    names = [missing[1]] if missing else _NAME.findall(path[1]) if path else []
    return InvalidInputError(plain, field=names[-1]) if names else InvalidInputError(plain)
