"""Whether what somebody wrote can be a script."""

from collections.abc import Sequence

import msgspec

from tallylight.compliance.library.check_content import one_line
from tallylight.compliance.scripts.types import LINE_LENGTH_MAX, LINES_MAX, SEGMENTS_MAX, TITLE_LENGTH_MAX, Segment
from tallylight.foundation.errors import InvalidInputError


def checked_title(title: str) -> str:
    """``title`` on one line. InvalidInputError when it is empty or too long."""
    text = one_line(title)
    if not 1 <= len(text) <= TITLE_LENGTH_MAX:
        raise InvalidInputError(f"a title has 1 to {TITLE_LENGTH_MAX} characters", field="title")
    return text


def checked_segments(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """``segments`` cleaned, without empty lines. InvalidInputError names what is wrong and where."""
    if not 1 <= len(segments) <= SEGMENTS_MAX:
        raise InvalidInputError(f"a script has 1 to {SEGMENTS_MAX} segments", field="segments")
    checked = []
    for number, each in enumerate(segments, 1):
        title = one_line(each.title)
        if not 1 <= len(title) <= TITLE_LENGTH_MAX:
            raise InvalidInputError(
                f"segment {number} needs a title of up to {TITLE_LENGTH_MAX} characters", field="segments"
            )
        lines = tuple(filter(None, (one_line(line) for line in each.lines)))
        for line in lines:
            if len(line) > LINE_LENGTH_MAX:
                raise InvalidInputError(
                    f"a line of segment {number} has over {LINE_LENGTH_MAX} characters: split it", field="segments"
                )
        if not lines and each.policy != "free":
            raise InvalidInputError(
                f"segment {number} has no lines; only a free segment may do without", field="segments"
            )
        checked.append(msgspec.structs.replace(each, title=title, lines=lines))
    if sum(len(each.lines) for each in checked) > LINES_MAX:
        raise InvalidInputError(f"a script has at most {LINES_MAX} lines", field="segments")
    return tuple(checked)
