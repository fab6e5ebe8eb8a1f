"""A script as a text file (TOML; docs/scripts.md). Pure: text in, a script that names products and cues by word out."""

import tomllib
from typing import Any

import msgspec

from tallylight.compliance.scripts.types import Policy
from tallylight.foundation.errors import InvalidInputError

FILE_BYTES_MAX = 2 << 20


class FileSegment(msgspec.Struct, forbid_unknown_fields=True):
    """``product``: a handle; ``cue``: the label of a cue of the show; ``text``: lines, one a line."""

    title: str
    policy: Policy = "guided"
    product: str | None = None
    cue: str | None = None
    text: str = ""


class ScriptFile(msgspec.Struct, forbid_unknown_fields=True):
    """``show``: the slug of the show whose cues the segments name."""

    title: str
    segment: list[FileSegment]
    market: str = "us-en"
    show: str | None = None


def read_script_file(body: bytes) -> ScriptFile:
    """What the file says. InvalidInputError with the place that is wrong."""
    if len(body) > FILE_BYTES_MAX:
        raise InvalidInputError(f"the file has over {FILE_BYTES_MAX >> 20} MiB")
    try:
        document: dict[str, Any] = tomllib.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidInputError("the file is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"the file is not TOML: {error}") from None
    try:
        file = msgspec.convert(document, ScriptFile)
    except msgspec.ValidationError as error:
        raise InvalidInputError(f"the file is not a script: {error}") from None
    for number, segment in enumerate(file.segment, 1):
        if segment.cue is not None and file.show is None:
            raise InvalidInputError(f'segment {number} names a cue; say whose with show = "..." at the top')
    return file
