"""What an utterance's findings come to: overlapping ones as one, lesser ones inside graver ones left out. Pure."""

from collections.abc import Sequence

import msgspec

from tallylight.compliance.case import quote_words
from tallylight.compliance.types import RANK, Found, Utterance


def merge_findings(found: Sequence[Found], utterance: Utterance) -> list[Found]:
    """One finding a rule for words that overlap; lesser findings inside graver ones say nothing new."""
    merged: list[Found] = []
    for finding in sorted(found, key=lambda each: (each.first, -each.last, -RANK[each.verdict], each.rule)):
        same = next(
            (i for i, each in enumerate(merged) if each.rule == finding.rule and finding.first <= each.last), None
        )
        if same is None:
            merged.append(finding)
            continue
        before = merged[same]
        graver = before if _weight(before) >= _weight(finding) else finding
        last = max(before.last, finding.last)
        quote = quote_words(utterance.words[before.first : last + 1])
        merged[same] = msgspec.structs.replace(graver, first=before.first, last=last, quote=quote)
    return [
        finding
        for finding in merged
        if not any(
            other is not finding
            and other.first <= finding.first
            and finding.last <= other.last
            and RANK[other.verdict] > RANK[finding.verdict]
            for other in merged
        )
    ]


def _weight(found: Found) -> tuple[int, float]:
    return RANK[found.verdict], -found.note_below
