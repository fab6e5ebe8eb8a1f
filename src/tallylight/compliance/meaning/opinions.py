"""Opinions on words beside each product that may be meant, and which of the words make them violating. Pure.

Why is told by leaving out: the quote is the shortest run of clauses that reads as violating by itself.
"""

from collections.abc import Sequence

import msgspec

from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.meaning.model import Meaning, Opinion
from tallylight.compliance.meaning.reading import Named, read_for_meaning
from tallylight.compliance.tokens import NONE, Token

__all__ = [
    "Read",
    "opinion_on",
    "violating_words",
    "without_what_was_judged",
]

_TOKENS_MIN = 3
_PRODUCTS_MAX = 4


class Read(msgspec.Struct, frozen=True):
    """Words as they are read: ``tokens`` from ``fresh`` on, less the runs ``cleared`` by approved claims.

    The tokens from ``told`` to ``fresh`` are told as what was said before.
    """

    tokens: Sequence[Token]
    fresh: int
    cleared: Sequence[tuple[int, int]]
    products: Sequence[ProductFacts]
    subject: ShowSubject
    named: Sequence[Named]
    told: int = 0

    @property
    def said(self) -> list[int]:
        """The tokens that an opinion is asked about."""
        return [
            at
            for at in range(self.fresh, len(self.tokens))
            if not any(start <= at < end for start, end in self.cleared)
        ]

    @property
    def facts(self) -> list[LiveFacts]:
        """The facts of each product that may be meant, with what holds for the whole show."""
        known = [product.facts for product in self.products[:_PRODUCTS_MAX]] or [LiveFacts()]
        return [_with_subject(facts, self.subject) for facts in known]


def opinion_on(read: Read, meaning: Meaning) -> Opinion | None:
    """The mildest opinion over the products that may be meant; None when there is too little to read."""
    said = read.said
    return _least(read, said, read.named, meaning) if len(said) >= _TOKENS_MIN else None


def without_what_was_judged(read: Read, judged: int, meaning: Meaning, still: float) -> Read:
    """``read`` from token ``judged`` on, when what stands before it in its sentence violates by ``still`` already.

    Otherwise the words after a violation would be stopped for the company they keep, whatever they say.
    """
    earlier = [at for at in read.said if at < judged]
    if len(earlier) < _TOKENS_MIN or _least(read, earlier, (), meaning).violating < still:
        return read
    return msgspec.structs.replace(read, fresh=judged, told=judged)


def violating_words(read: Read, whole: Opinion, meaning: Meaning, still: float) -> tuple[int, int, Opinion]:
    """The tokens (start, end exclusive) that make ``read`` violating.

    Clauses are left out for as long as what is left is violating by ``still`` at least.
    """
    clauses, opinion = _clauses(read.tokens, read.said), whole
    for drop in (slice(1, None), slice(None, -1)):
        while len(clauses) > 1:
            fewer = clauses[drop]
            rest = [at for clause in fewer for at in clause]
            if len(rest) < _TOKENS_MIN:
                break
            without = _least(read, rest, (), meaning)
            if without.violating < still:
                break
            clauses, opinion = fewer, without
    return clauses[0][0], clauses[-1][-1] + 1, opinion


def _least(read: Read, said: Sequence[int], named: Sequence[Named], meaning: Meaning) -> Opinion:
    """When in doubt which product is meant, words are fine that are fine for one of them."""
    tokens = [*read.tokens[read.told : read.fresh], *(read.tokens[at] for at in said)]
    readings = dict.fromkeys(read_for_meaning(tokens, read.fresh - read.told, facts, named) for facts in read.facts)
    return min((meaning.opinion(reading) for reading in readings), key=lambda each: each.violating)


def _with_subject(facts: LiveFacts, subject: ShowSubject) -> LiveFacts:
    return msgspec.structs.replace(
        facts,
        host_is_paid=facts.host_is_paid if facts.host_is_paid is not None else subject.host_is_paid,
        competitors=facts.competitors or list(subject.competitors) or None,
    )


def _clauses(tokens: Sequence[Token], said: Sequence[int]) -> list[list[int]]:
    """Runs of tokens between the commas and sentence ends of what was said."""
    clauses: list[list[int]] = []
    for at in said:
        if not clauses or tokens[at].before != NONE:
            clauses.append([])
        clauses[-1].append(at)
    return clauses
