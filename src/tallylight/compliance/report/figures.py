"""The report's figures: counts, lags, disclosures, the cover's verdict. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tallylight.compliance.pack import Pack
from tallylight.compliance.report.document import (
    AtAGlance,
    Counts,
    Disclosed,
    Disclosures,
    FindingRecord,
    LagFigures,
    Stretch,
)
from tallylight.speech.recogniser import Word

STOPS = ("hold", "block")
_PHRASE_WORDS_MAX = 14


def lag_figures(lags_us: Iterable[int]) -> LagFigures | None:
    """Percentiles by nearest rank; None without samples."""
    ordered = sorted(lags_us)
    if not ordered:
        return None
    return LagFigures(len(ordered), _rank(ordered, 50) // 1000, _rank(ordered, 95) // 1000, ordered[-1] // 1000)


def _rank(ordered: Sequence[int], percent: int) -> int:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def count(words: int, findings: Sequence[FindingRecord]) -> Counts:
    """What is on the cover."""
    stops = [finding for finding in findings if finding.verdict in STOPS]

    def ended(outcome: str) -> int:
        return sum(finding.outcome == outcome for finding in stops)

    return Counts(
        words=words,
        notes=len(findings) - len(stops),
        holds=sum(finding.verdict == "hold" for finding in stops),
        blocks=sum(finding.verdict == "block" for finding in stops),
        bleeped=ended("bleeped"),
        covered=ended("covered"),
        cleared=ended("cleared"),
        late=ended("late"),
        undecided=sum(finding.outcome is None for finding in stops),
    )


def glance(findings: Sequence[FindingRecord], stretches: Sequence[Stretch], *, over: bool, emptied: bool) -> AtAGlance:
    """The cover's verdict on a broadcast, the gravest first."""
    stops = [finding for finding in findings if finding.verdict in STOPS]
    open_air = [stretch for stretch in stretches if stretch.kind == "fail_open"]
    by_policy = [
        finding
        for finding in stops
        if finding.outcome == "late"
        or (finding.outcome == "cleared" and (finding.decision is None or finding.decision.by == "policy"))
    ]
    by_desk = [finding for finding in stops if finding.outcome == "cleared" and finding not in by_policy]
    if emptied:
        return AtAGlance("emptied", "What was said has been deleted under the shop's retention; the chain remains.")
    if by_policy or open_air:
        parts = []
        if by_policy:
            parts.append(f"{_number(len(by_policy), 'stop')} aired without a person's decision")
        if open_air:
            parts.append(f"{_number(len(open_air), 'stretch', 'stretches')} aired unjudged (the show fails open)")
        return AtAGlance("aired", f"{' and '.join(parts)}.")
    if not over or any(finding.outcome is None for finding in stops):
        return AtAGlance("open", "Not everything that was held has aired or been stopped yet.")
    if by_desk:
        kept = len(stops) - len(by_desk)
        return AtAGlance(
            "cleared",
            f"The desk cleared {len(by_desk)} of {_number(len(stops), 'stop')}; kept from viewers: {kept}.",
        )
    if stops:
        return AtAGlance("stopped", f"{_number(len(stops), 'stop')}, and viewers heard none of them.")
    return AtAGlance("clean", "Nothing had to be stopped.")


def rehearsal_glance(findings: Sequence[FindingRecord]) -> AtAGlance:
    """The cover's verdict on a recording that nobody has heard yet."""
    blocks = sum(finding.verdict == "block" for finding in findings)
    holds = sum(finding.verdict == "hold" for finding in findings)
    if not blocks and not holds:
        return AtAGlance("clean", "On air, nothing of this would have been stopped.")
    phrases = _number(blocks + holds, "phrase")
    if blocks and holds:
        return AtAGlance("stopped", f"On air, {phrases} would have been stopped: {blocks} bleeped, {holds} held.")
    how = "bleeped" if blocks else "held for the desk"
    return AtAGlance("stopped", f"On air, {phrases} would have been {how}.")


def disclosures(
    words: Sequence[Word], pack: Pack | None, shown: Sequence[Disclosed], *, required: bool, reminders: int
) -> Disclosures:
    """Disclosures heard in ``words`` by the pack's phrases, with those ``shown``, in order of time."""
    given = sorted([*(_heard(words, pack) if pack is not None else ()), *shown], key=lambda each: each.at_us)
    gap = None
    if words:
        moments = [words[0].start_us, *(each.at_us for each in given if each.how == "heard"), words[-1].end_us]
        gap = max(after - before for before, after in pairwise(moments))
    return Disclosures(required, given, reminders, gap)


def _heard(words: Sequence[Word], pack: Pack) -> list[Disclosed]:
    """Each place where the words say it: the shortest run of words that does."""
    found, at = list[Disclosed](), 0
    while at < len(words):
        window = words[at : at + _PHRASE_WORDS_MAX]
        if not pack.discloses(" ".join(word.text for word in window)):
            at += 1
            continue
        if pack.discloses(" ".join(word.text for word in window[1:])):
            at += 1
            continue
        end = next(
            size for size in range(1, len(window) + 1) if pack.discloses(" ".join(word.text for word in window[:size]))
        )
        found.append(Disclosed("heard", window[0].start_us, " ".join(word.text for word in window[:end])))
        at += end
    return found


def _number(count_: int, one: str, many: str | None = None) -> str:
    return f"{count_} {one if count_ == 1 else many or one + 's'}"
