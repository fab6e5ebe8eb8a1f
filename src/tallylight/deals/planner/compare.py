"""What differs between two plans, in words. Pure."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec

from tallylight.deals.explain import in_words, percent
from tallylight.deals.planner.glide import day_in_words
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.types import Plan
from tallylight.deals.types import NewAgreement, NewDeal
from tallylight.foundation.money import Money

_RATES = {
    "conversion_bps": "orders of each viewer",
    "viewers_spread_bps": "how much viewers differ between shows",
    "conversion_spread_bps": "how much conversion differs between shows",
    "repeat_bps": "orders of buyers who bought before",
    "return_bps": "orders that come back",
    "code_bps": "orders with a code",
    "lift_bps": "more sold for each percent off",
}


def differences(one: Plan, other: Plan, was: PlanResult, becomes: PlanResult) -> list[str]:
    """Sentences from ``one`` to ``other``: what was changed, then what it does to the figures."""
    return [*_assumptions(one, other), *_shows(one, other), *_deals(one, other), *_shares(one, other),
            *_figures(was, becomes)]  # fmt: skip


def _assumptions(one: Plan, other: Plan) -> Iterator[str]:
    for name, words in _RATES.items():
        before, after = (getattr(plan.assumptions, name) for plan in (one, other))
        if before != after:
            yield f"{words[0].upper()}{words[1:]}: {percent(after)} instead of {percent(before)}."
    if one.seed != other.seed or one.runs != other.runs:
        yield "The two were drawn by different seeds or runs: a part of the difference is chance."


def _shows(one: Plan, other: Plan) -> Iterator[str]:
    for words, before, after in (
        ("shows", len(one.shows), len(other.shows)),
        ("viewers in all", *(sum(show.viewers for show in plan.shows) for plan in (one, other))),
    ):
        if before != after:
            yield f"{after:,} {words} instead of {before:,}."


def _deals(one: Plan, other: Plan) -> Iterator[str]:
    before, after = ({each.terms.title: each.terms for each in plan.deals} for plan in (one, other))
    for title in [*before, *(title for title in after if title not in before)]:
        if title not in after:
            yield f"Without the deal “{title}”."
        elif title not in before:
            yield f"With the deal “{title}”."
        elif _figure(before[title]) != _figure(after[title]):
            yield f"“{title}” is changed."


def _figure(terms: NewDeal) -> NewDeal:
    """The terms without who funds them, which is told apart."""
    return msgspec.structs.replace(terms, funders=(), agreement_id=None)


def _shares(one: Plan, other: Plan) -> Iterator[str]:
    agreements: tuple[Mapping[UUID, NewAgreement], ...] = tuple(
        {each.id: each.terms for each in plan.agreements} for plan in (one, other)
    )
    for key in agreements[0].keys() & agreements[1].keys():
        before, after = agreements[0][key], agreements[1][key]
        for at_us in sorted({0, *(step.from_us for terms in (before, after) for step in terms.steps)}):
            old, new = _at(before, at_us), _at(after, at_us)
            changed = [
                f"the {party} pays {percent(new.get(party, 0))} instead of {percent(old.get(party, 0))}"
                for party in sorted(old.keys() | new.keys())
                if old.get(party, 0) != new.get(party, 0)
            ]
            if changed:
                begins = "At first" if at_us == 0 else f"From {day_in_words(at_us)}"
                yield f"{begins} {' and '.join(changed)}."


def _at(terms: NewAgreement, at_us: int) -> dict[str, int]:
    """The shares that hold from ``at_us`` on, by party and, where there are several of a kind, name."""
    shares = tuple(each.share_bps for each in terms.funders)
    for step in terms.steps:
        if step.from_us <= at_us:
            shares = step.shares_bps
    names = [
        each.party if each.party in ("brand", "platform") else f"{each.party} {each.name}" for each in terms.funders
    ]
    return dict(zip(names, shares, strict=True))


def _figures(was: PlanResult, becomes: PlanResult) -> Iterator[str]:
    for words, before, after in (
        ("The brand's part of the discounts, an order,", was.brand_order_minor, becomes.brand_order_minor),
        ("The margin in the middle of all runs", was.margin.p50, becomes.margin.p50),
    ):
        if before != after:
            yield f"{words} goes from {_words(before, was)} to {_words(after, becomes)}."
    if was.loss_bps != becomes.loss_bps:
        yield f"A loss comes out in {percent(becomes.loss_bps)} of runs instead of {percent(was.loss_bps)}."


def _words(minor: int, result: PlanResult) -> str:
    return in_words(Money(minor, result.currency))
