"""Counting for bench.truth: what was stopped, what should have been, rule by rule."""

from collections.abc import Iterable, Sequence

import msgspec
from tests.corpora.sentences import Sentence


class Outcome(msgspec.Struct, frozen=True):
    """One sentence and what was done about it: the rules that stopped it; ``block``: one of them at once."""

    sentence: Sentence
    rules: frozenset[str]
    block: bool = True

    @property
    def stopped(self) -> bool:
        return bool(self.rules)

    @property
    def right(self) -> bool:
        """For a violating sentence: it was stopped, and as firmly as it needs."""
        return self.stopped and (self.block or self.sentence.needs != "block")


class Score(msgspec.Struct, frozen=True):
    """``recall``: share of violating sentences stopped. ``false``: share of ordinary ones stopped. ``named``: share of
    violating sentences stopped by their own rule. Fractions; 0 where there is nothing to count."""

    recall: float
    false: float
    named: float
    sentences: int


def score(outcomes: Sequence[Outcome]) -> Score:
    violating = [each for each in outcomes if each.sentence.violating]
    ordinary = [each for each in outcomes if not each.sentence.violating]
    return Score(
        share(each.right for each in violating),
        share(each.stopped for each in ordinary),
        share(each.sentence.rule in each.rules for each in violating),
        len(outcomes),
    )


def share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return sum(counted) / len(counted) if counted else 0.0


def precision(outcomes: Sequence[Outcome], rule: str) -> float | None:
    """Of the sentences that ``rule`` stopped, the share that are violating; None when it stopped none."""
    stopped = [each.sentence.violating for each in outcomes if rule in each.rules]
    return share(stopped) if stopped else None


def table(title: str, product: Sequence[Outcome], keywords: Sequence[Outcome]) -> str:
    """One line a rule: recall, precision and false stops of both, in percent."""
    rules = sorted({each.sentence.rule for each in product if each.sentence.rule}, key=lambda rule: int(rule[1:]))
    lines = [
        f"\n{title} ({len(product)} sentences)",
        f"{'':6}  {'Tallylight':^27}  {'keyword list':^27}",
        f"{'rule':6}  {'recall':>8} {'precis.':>8} {'false':>8}   {'recall':>8} {'precis.':>8} {'false':>8}",
    ]
    for rule in rules:
        parts = []
        for outcomes in (product, keywords):
            own = score([each for each in outcomes if each.sentence.rule == rule])
            right = precision(outcomes, rule)
            exact = f"{right:8.1%}" if right is not None else f"{'-':>8}"
            parts.append(f"{own.recall:8.1%} {exact} {own.false:8.1%}")
        lines.append(f"{rule:6}  {'   '.join(parts)}")
    chatter = [[each for each in outcomes if each.sentence.rule is None] for outcomes in (product, keywords)]
    if chatter[0]:
        false = [f"{'':8} {'':8} {score(each).false:8.1%}" for each in chatter]
        lines.append(f"{'plain':6}  {'   '.join(false)}")
    total = []
    for outcomes in (product, keywords):
        whole = score(outcomes)
        stopped = [each.sentence.violating for each in outcomes if each.stopped]
        total.append(f"{whole.recall:8.1%} {share(stopped):8.1%} {whole.false:8.1%}")
    lines.append(f"{'all':6}  {'   '.join(total)}")
    return "\n".join(lines)
