"""Whether what somebody wrote can be a claim."""

import re

import msgspec

from tallylight.compliance.library.types import (
    COMMENT_LENGTH_MAX,
    WITHIN_S_DEFAULT,
    WITHIN_S_MAX,
    WORDING_LENGTH_MAX,
    ClaimContent,
)
from tallylight.foundation.errors import InvalidInputError

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u2028\u2029]")
_MARKET = re.compile(r"[a-z]{2}-[a-z]{2}")


def one_line(text: str) -> str:
    """``text`` without control characters, white space folded: how a sentence is kept."""
    return " ".join(_CONTROL.sub("", text).split())


def checked_content(content: ClaimContent) -> ClaimContent:
    """``content`` cleaned. InvalidInputError names the field that cannot be."""
    wording = one_line(content.wording)
    if not 1 <= len(wording) <= WORDING_LENGTH_MAX:
        raise InvalidInputError(f"a claim's wording has 1 to {WORDING_LENGTH_MAX} characters", field="wording")
    disclaimer = one_line(content.disclaimer or "") or None
    if disclaimer is not None and len(disclaimer) > WORDING_LENGTH_MAX:
        raise InvalidInputError(f"a disclaimer has at most {WORDING_LENGTH_MAX} characters", field="disclaimer")
    within_s = content.disclaimer_within_s
    if disclaimer is None:
        within_s = None
    elif within_s is None:
        within_s = WITHIN_S_DEFAULT
    if within_s is not None and not 1 <= within_s <= WITHIN_S_MAX:
        raise InvalidInputError(
            f"a disclaimer is spoken within 1 to {WITHIN_S_MAX} seconds", field="disclaimer_within_s"
        )
    if content.expires_at is not None and content.expires_at.tzinfo is None:
        raise InvalidInputError("a time of expiry names its offset, such as +00:00", field="expires_at")
    return msgspec.structs.replace(content, wording=wording, disclaimer=disclaimer, disclaimer_within_s=within_s)


def checked_market(market: str) -> str:
    """``market`` as a pack is named: country, hyphen, language."""
    if not _MARKET.fullmatch(market):
        raise InvalidInputError("a market is a country and a language, such as us-en", field="market")
    return market


def checked_comment(comment: str, *, needed_for: str | None = None) -> str:
    """``comment`` trimmed; ``needed_for``: what may not be done without one."""
    text = _CONTROL.sub("", comment).strip()
    if needed_for is not None and not text:
        raise InvalidInputError(f"{needed_for} needs a comment that says why", field="comment")
    if len(text) > COMMENT_LENGTH_MAX:
        raise InvalidInputError(f"a comment has at most {COMMENT_LENGTH_MAX} characters", field="comment")
    return text
