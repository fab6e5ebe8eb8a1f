"""Comparing what was said with live facts, by the comparisons' names in the packs.

Each comparison answers fine, contradicted or unknown. With several products in question it is fine when any fits,
contradicted only when none fits and nothing is unknown. Every reading of a number counts (see ``numbers``).
"""

from collections.abc import Callable, Mapping, Sequence

from tallylight.compliance.compare.charges import fees, free_shipping, goods_or_total, shipping, total
from tallylight.compliance.compare.deadline import deadline, deadline_tomorrow, deal_ending, with_the_show
from tallylight.compliance.compare.former_price import (
    cost_elsewhere,
    former_price,
    from_lowest_30d,
    likely_reference,
    lowest_30d,
    lowest_ever,
    percentage,
    reference,
    saving,
    share,
)
from tallylight.compliance.compare.price import (
    amount_named,
    bundle,
    each,
    likely_price,
    one_free,
    price_now,
    price_under,
)
from tallylight.compliance.compare.product_record import (
    compare_certificate,
    compare_feature,
    compare_made_in,
    compare_material,
    compare_measure,
    compare_resolution,
    compare_share,
    compare_water,
    compare_without,
)
from tallylight.compliance.compare.said import Comparison, Said, State, state_of
from tallylight.compliance.compare.scarcity import (
    any_left,
    last_chance,
    low_stock,
    selling_fast,
    sold_last_hour,
    sold_rate,
    stock,
    stock_of_many,
    stock_one,
    viewers,
)
from tallylight.compliance.facts import LiveFacts, ProductFacts

_ABOUT_DEALS = frozenset({"deadline", "deal_ending", "with_the_show", "deadline_tomorrow"})


def compare(name: str, said: Said, products: Sequence[ProductFacts]) -> Comparison:
    """Compare one match; raises KeyError for a comparison that does not exist."""
    one = _COMPARISONS[name]
    if name in _ABOUT_DEALS:
        # "This deal ends in ..." is not about a product beside it that has none.
        products = [product for product in products if product.facts.deal_ends_at is not None] or products
    results = [one(said, product.facts) for product in products] or [one(said, LiveFacts())]
    for wanted in ("fine", "unknown", "contradicted"):
        for result in results:
            if result.state == wanted:
                return result
    raise AssertionError("a comparison has three states")


def _on_record(
    compare_record: Callable[..., tuple[State, Mapping[str, str | int | bool]]],
) -> Callable[[Said, LiveFacts], Comparison]:
    """A comparison of what is said about the product itself with its attributes."""

    def compared(said: Said, facts: LiveFacts) -> Comparison:
        words = said.words(said.match.core_start, said.match.core_end)
        around = said.words(max(0, said.match.start - 4), min(len(said.text.tokens), said.match.end + 4))
        captured = {name: said.words(start, end) for name, start, end in said.match.captures}
        state, shown = compare_record(words, around, captured, facts.attributes or {})
        return Comparison(state, " ".join(words), shown)

    return compared


def _paid(said: Said, facts: LiveFacts) -> Comparison:
    words = said.core
    if facts.host_is_paid is None:
        return Comparison("unknown", words, {})
    return Comparison(state_of(True, not facts.host_is_paid), words, {"host_is_paid": facts.host_is_paid})


_COMPARISONS: dict[str, Callable[[Said, LiveFacts], Comparison]] = {
    "price": price_now,
    "reference": reference,
    "saving": saving,
    "percentage": percentage,
    "reference_30d": from_lowest_30d(reference),
    "saving_30d": from_lowest_30d(saving),
    "percentage_30d": from_lowest_30d(percentage),
    "bundle": bundle,
    "shipping": shipping,
    "free_shipping": free_shipping,
    "stock": stock,
    "low_stock": low_stock,
    "last_chance": last_chance,
    "deadline": deadline,
    "deal_ending": deal_ending,
    "sold_last_hour": sold_last_hour,
    "viewers": viewers,
    "lowest_ever": lowest_ever,
    "paid": _paid,
    "made_in": _on_record(compare_made_in),
    "material": _on_record(compare_material),
    "measure": _on_record(compare_measure),
    "feature": _on_record(compare_feature),
    "certificate": _on_record(compare_certificate),
    "resolution": _on_record(compare_resolution),
    "water": _on_record(compare_water),
    "share_on_record": _on_record(compare_share),
    "without_material": _on_record(compare_without),
    "likely_price": likely_price,
    "likely_reference": likely_reference,
    "any_left": any_left,
    "sum": goods_or_total,
    "stock_of_many": stock_of_many,
    "stock_one": stock_one,
    "deadline_tomorrow": deadline_tomorrow,
    "fees": fees,
    "amount_named": amount_named,
    "each": each,
    "total": total,
    "price_under": price_under,
    "former_price": former_price,
    "cost_elsewhere": cost_elsewhere,
    "share": share,
    "one_free": one_free,
    "selling_fast": selling_fast,
    "sold_rate": sold_rate,
    "with_the_show": with_the_show,
    "lowest_30d": lowest_30d,
}
