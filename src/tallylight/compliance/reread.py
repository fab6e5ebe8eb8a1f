"""A market's own words read as those that the rules know: spellings, coins and figures with their sign behind.

"anaemia" becomes "anemia" and "fiver" becomes "five pounds", so that every rule, written once, reads both.
"""

import re
from collections.abc import Mapping, Sequence

from tallylight.compliance.tokens import NONE, Token

_SIGN_BEHIND = re.compile(r"(\d+(?:[.,]\d+)?)([€£$])")
_PENCE = re.compile(r"(\d+)p")
_SIGN_WORDS = {"€": "euros", "£": "pounds", "$": "dollars"}


def reread(tokens: Sequence[Token], readings: Mapping[str, tuple[str, ...]], currency: str) -> list[Token]:
    """``tokens`` with the market's readings put in; each new token stands on the word of the old one."""
    found: list[Token] = []
    for token in tokens:
        texts = readings.get(token.text) or _figure(token.text, currency)
        if texts is None:
            found.append(token)
            continue
        last = len(texts) - 1
        found.extend(
            Token(
                text,
                token.word,
                token.before if index == 0 else NONE,
                token.capital,
                token.question and index == last,
            )
            for index, text in enumerate(texts)
        )
    return found


def _figure(text: str, currency: str) -> tuple[str, ...] | None:
    """ "19.99€", and "99p" in pounds; None for anything else."""
    if not text[0].isdigit():
        return None
    behind = _SIGN_BEHIND.fullmatch(text)
    if behind:
        return behind.group(1).replace(",", "."), _SIGN_WORDS[behind.group(2)]
    pence = _PENCE.fullmatch(text) if currency == "GBP" else None
    return (pence.group(1), "pence") if pence else None
