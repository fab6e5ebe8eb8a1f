"""The peer of bench.truth: a keyword list a rule (truth_keywords.toml), as stream-monitoring vendors sell it.

A list stops a sentence when one of its expressions occurs in it; it knows no facts, no scope and no grammar.
"""

import re
import tomllib
from pathlib import Path

_LISTS = {
    rule: re.compile("|".join(rf"(?<!\w)(?:{expression})" for expression in expressions))
    for rule, expressions in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}


def keyword_rules(text: str) -> frozenset[str]:
    """The rules whose list stops ``text``."""
    plain = text.lower().replace("\u2019", "'")
    return frozenset(rule for rule, expression in _LISTS.items() if expression.search(plain))
