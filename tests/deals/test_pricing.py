"""Every form of deal: the worked numbers of docs/algorithms/pricing.md, and what holds for all carts."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.deals import (
    BundlePart,
    CartLine,
    Conditions,
    DealFact,
    DealForm,
    DealKind,
    Facts,
    FunderFact,
    Quote,
    RefusalCode,
    Tier,
    VariantFact,
    VoucherFact,
    deal_uses,
    fitting_price,
    price,
)
from tallylight.deals.deal_use import DealUse
from tallylight.deals.priority import PRICE_FORMS, Scope, ambiguous
from tallylight.deals.types import Counts
from tallylight.foundation.ids import new_id

SERUM, SMALL, LARGE, MUG, MUG_ONLY = (new_id() for _ in range(5))
CODE = b"c" * 32


def deal(
    form: DealForm, kind: DealKind, figure: int, *products: UUID, left: int | None = None, **more: Any
) -> DealFact:
    funders = (FunderFact(new_id(), new_id(), "brand", "Fern & Co", 10_000, 10**9),)
    title = form.replace("_", " ").capitalize()
    counts: Counts = "pieces" if form in PRICE_FORMS else "orders"
    conditions = Conditions(**more)
    return DealFact(
        new_id(), None, kind, title, figure, 100, 200, left, None, funders, "until soon", form, frozenset(products),
        conditions, counts,
    )  # fmt: skip


def facts(*deals: DealFact) -> Facts:
    variants = {
        SMALL: VariantFact(SMALL, SERUM, "Dew Serum", "30 ml", 2499),
        LARGE: VariantFact(LARGE, SERUM, "Dew Serum", "50 ml", 3499),
        MUG_ONLY: VariantFact(MUG_ONLY, MUG, "Mug", "Default", 1200),
    }
    of_pieces = sorted((each for each in deals if each.form in PRICE_FORMS), key=lambda d: PRICE_FORMS.index(d.form))
    by_product = {
        product_id: tuple(each for each in of_pieces if each.is_for(product_id, 150)) for product_id in (SERUM, MUG)
    }
    cart_deals = tuple(each for each in deals if each.form not in PRICE_FORMS)
    return Facts("USD", variants, by_product, 495, 6000, cart_deals)


def cart(**quantities: int) -> list[CartLine]:
    ids = {"small": SMALL, "large": LARGE, "mug": MUG_ONLY}
    return [CartLine(ids[name], quantity) for name, quantity in quantities.items()]


def offs(quote: Quote) -> list[int]:
    return [line.discount.minor for line in quote.lines]


FLASH = deal("live_flash", "amount", 800, SERUM)
CAMPAIGN = deal("campaign", "percentage", 1000, SERUM)
BUNDLE = deal("bundle", "price", 3000, parts=(BundlePart(SERUM, 1), BundlePart(MUG, 1)))
BUY_GET = deal("buy_get", "percentage", 10_000, SERUM, buy=2, get=1)
TIERS = deal("tiers", "percentage", 1000, SERUM, tiers=(Tier(2, 1000), Tier(3, 2000)))
GIFT = deal("gift", "percentage", 10_000, gift_variant_id=MUG_ONLY, min_minor=4000)
SPEND = (deal("threshold", "amount", 1000, min_minor=5000), deal("threshold", "amount", 2000, min_minor=8000))
MINA = deal("creator_code", "percentage", 1000, min_minor=2000, max_minor=500, creator_name="Mina Park")
SHIPPING = deal("free_shipping", "percentage", 10_000, min_minor=2000)
TYPED = VoucherFact(MINA.deal_id, CODE)

WORKED: list[tuple[str, list[DealFact], dict[str, int], list[int]]] = [
    ("the live flash comes before the campaign", [CAMPAIGN, FLASH], {"small": 1}, [800]),
    ("alone the campaign holds", [CAMPAIGN], {"small": 1}, [250]),
    ("a bundle, its rest at its own price", [BUNDLE], {"large": 1, "mug": 2}, [1265, 434]),
    ("two bundles", [BUNDLE], {"large": 1, "small": 1, "mug": 2}, [999, 714, 685]),
    ("half a bundle is none", [BUNDLE], {"mug": 2}, [0]),
    ("buy two get one", [BUY_GET], {"large": 1, "small": 3}, [0, 2499]),
    ("two make no group of three", [BUY_GET], {"large": 1, "small": 1}, [0, 0]),
    ("the first tier", [TIERS], {"small": 2}, [500]),
    ("the second tier", [TIERS], {"small": 3}, [1500]),
    ("below any tier", [TIERS], {"small": 1}, [0]),
    ("a gift", [GIFT], {"small": 2, "mug": 1}, [0, 1200]),
    ("a gift that is not earned", [GIFT], {"small": 1, "mug": 1}, [0, 0]),
    ("of two gifts one", [GIFT], {"small": 2, "mug": 2}, [0, 1200]),
    ("the first threshold", [*SPEND], {"small": 2, "mug": 1}, [806, 194]),
    ("the second threshold alone", [*SPEND], {"small": 3, "mug": 1}, [1724, 276]),
    ("sets take from the price after the piece's deal", [FLASH, TIERS], {"small": 2}, [1600 + 2 * 170]),
    ("a piece is in one set", [BUNDLE, TIERS], {"small": 2, "mug": 1}, [472, 227]),
]


@pytest.mark.parametrize(
    ("deals", "quantities", "expected"), [row[1:] for row in WORKED], ids=[row[0] for row in WORKED]
)
def test_the_worked_numbers(deals: list[DealFact], quantities: dict[str, int], expected: list[int]) -> None:
    quote = price(cart(**quantities), facts(*deals), 150)
    assert offs(quote) == expected
    assert quote.discount.minor == sum(expected)
    assert price(cart(**quantities), facts(*deals), 200).discount.minor == 0


@pytest.mark.parametrize(
    ("deals", "quantities", "off", "problem"),
    [
        ([MINA], {"small": 1}, 250, None),
        ([MINA], {"small": 3}, 500, None),
        ([MINA], {"mug": 1}, 0, "add $8.00 of goods to use this code"),
        ([MINA, FLASH], {"small": 1}, 800, "add $3.01 of goods to use this code"),
        ([], {"small": 1}, 0, "this code is not valid now"),
    ],
)
def test_codes(deals: list[DealFact], quantities: dict[str, int], off: int, problem: str | None) -> None:
    quote = price(cart(**quantities), facts(*deals), 150, voucher=TYPED)
    assert (quote.discount.minor, quote.code_problem) == (off, problem)
    assert price(cart(**quantities), facts(MINA), 150).discount.minor == 0, "nobody typed it"


def test_a_code_that_this_buyer_may_not_use_says_why() -> None:
    voucher = VoucherFact(MINA.deal_id, CODE, problem="this code is for a first order")
    quote = price(cart(small=1), facts(MINA), 150, voucher=voucher)
    assert (quote.discount.minor, quote.code_problem) == (0, "this code is for a first order")


def test_an_exclusive_deal_leaves_lowered_lines_out() -> None:
    exclusive = deal("threshold", "percentage", 1000, min_minor=1200, exclusive=True)
    quote = price(cart(small=1, mug=1), facts(FLASH, exclusive), 150)
    assert offs(quote) == [800, 120]


def test_shipping_is_a_discount_with_funders_of_its_own() -> None:
    quote = price(cart(small=1), facts(SHIPPING), 150)
    assert (quote.total.minor, quote.shipping.minor, quote.shipping_off_minor) == (2499, 0, 495)
    assert quote.shipping_reasons[0].text == "Free shipping −$4.95 until soon"
    (use,) = deal_uses(quote, facts(SHIPPING)).values()
    assert (use.quantity, use.discount_minor, use.parts) == (1, 495, [495])
    assert price(cart(mug=1), facts(SHIPPING), 150).shipping.minor == 495
    # The shop's own threshold comes first, and then no deal pays.
    assert price(cart(small=3), facts(SHIPPING), 150).shipping_reasons == []


def test_a_deal_that_is_used_up_lets_the_next_one_in() -> None:
    used_up = deal("live_flash", "amount", 800, SERUM, left=0)

    def refusals(uses: Any) -> dict[UUID, RefusalCode]:
        return {key: "deal_limit_reached" for key, use in uses.items() if use.deal.left == 0}

    quote, uses, refused = fitting_price(cart(small=1), facts(CAMPAIGN, used_up), 150, refusals)
    assert (offs(quote), list(uses), list(refused)) == ([250], [CAMPAIGN.deal_id], [used_up.deal_id])


def test_each_reason_names_its_deal_once_and_uses_count_orders() -> None:
    known = facts(BUNDLE, FLASH, MINA)
    quote = price(cart(small=2, mug=2), known, 150, voucher=TYPED)
    uses = deal_uses(quote, known)
    assert {use.deal.form: use.quantity for use in uses.values()} == {
        "live_flash": 2, "creator_code": 1,
    }  # fmt: skip
    assert quote.lines[0].unit_price.minor == 1699
    assert quote.lines[0].reasons[0].text == "Live flash −$8.00 until soon", "what a piece costs less"


@pytest.mark.parametrize(
    ("one", "other", "is_ambiguous"),
    [
        (("flash", [SERUM], {}), ("flash", [SERUM], {}), True),
        (("flash", [SERUM], {}), ("flash", [MUG], {}), False),
        (("flash", [SERUM], {}), ("live_flash", [SERUM], {}), False),
        (("discount", [], {}), ("discount", [MUG], {}), True),
        (("threshold", [], {"min_minor": 1}), ("threshold", [], {"min_minor": 1}), True),
        (("threshold", [], {"min_minor": 1}), ("threshold", [], {"min_minor": 2}), False),
        (("gift", [], {"gift_variant_id": SMALL}), ("gift", [], {"gift_variant_id": LARGE}), False),
        (("gift", [], {"gift_variant_id": SMALL}), ("gift", [MUG], {"gift_variant_id": SMALL}), True),
        (("voucher", [], {}), ("voucher", [], {}), False),
        (("bundle", [], {"parts": (BundlePart(MUG, 2),)}), ("bundle", [], {"parts": (BundlePart(SERUM, 2),)}), False),
        (("bundle", [], {"parts": (BundlePart(MUG, 2),)}), ("bundle", [], {"parts": (BundlePart(MUG, 3),)}), True),
    ],
)
def test_which_pairs_are_ambiguous(one: Any, other: Any, is_ambiguous: bool) -> None:
    scopes = [Scope(form, products, Conditions(**conditions)) for form, products, conditions in (one, other)]
    assert ambiguous(*scopes) == ambiguous(*reversed(scopes)) == is_ambiguous


def scope_of(fact: DealFact) -> Scope:
    return Scope(fact.form, fact.product_ids, fact.conditions)


_figures = st.sampled_from(["price", "percentage", "amount"])
_products = st.sampled_from([(), (SERUM,), (MUG,), (SERUM, MUG)])
_deals = st.lists(
    st.one_of(
        st.builds(
            lambda form, kind, figure, products: deal(form, kind, figure, *products),
            st.sampled_from(PRICE_FORMS), _figures, st.integers(1, 9_999), _products,
        ),
        st.builds(
            lambda kind, figure, a, b: deal("bundle", kind, figure, parts=(BundlePart(SERUM, a), BundlePart(MUG, b))),
            _figures, st.integers(1, 9_999), st.integers(1, 3), st.integers(1, 3),
        ),
        st.builds(
            lambda kind, figure, buy, get, products: deal("buy_get", kind, figure, *products, buy=buy, get=get),
            _figures, st.integers(1, 9_999), st.integers(1, 3), st.integers(1, 2), _products,
        ),
        st.builds(
            lambda kind, figure, more: deal("tiers", kind, figure, tiers=(Tier(2, figure), Tier(more, figure))),
            _figures, st.integers(1, 9_999), st.integers(3, 6),
        ),
        st.builds(
            lambda form, kind, figure, least, exclusive: deal(
                form, kind, figure, min_minor=least, exclusive=exclusive
            ),
            st.sampled_from(["threshold", "voucher"]), st.sampled_from(["percentage", "amount"]),
            st.integers(1, 9_999), st.integers(0, 9_000), st.booleans(),
        ),
        st.builds(lambda least: deal("gift", "percentage", 10_000, gift_variant_id=MUG_ONLY, min_minor=least),
                  st.integers(0, 9_000)),
        st.builds(lambda figure, least: deal("free_shipping", "percentage", figure, min_minor=least),
                  st.integers(1, 10_000), st.integers(0, 9_000)),
    ),
    max_size=8,
)  # fmt: skip


@given(deals=_deals, quantities=st.tuples(*[st.integers(1, 9)] * 3), order=st.permutations([0, 1, 2]))
def test_every_cart_adds_up_whatever_the_deals(
    deals: list[DealFact], quantities: tuple[int, int, int], order: list[int]
) -> None:
    told_apart: list[DealFact] = []
    for each in deals:
        if not any(ambiguous(scope_of(each), scope_of(other)) for other in told_apart):
            told_apart.append(each)
    deals = told_apart
    known = facts(*deals)
    code = next((each for each in deals if each.form == "voucher"), None)
    voucher = None if code is None else VoucherFact(code.deal_id, CODE)
    lines = cart(small=quantities[0], large=quantities[1], mug=quantities[2])
    quote = price(lines, known, 150, voucher=voucher)
    assert quote.total == quote.subtotal - quote.discount + quote.shipping + quote.tax
    assert quote.discount.minor == sum(offs(quote))
    assert min(quote.total.minor, quote.shipping.minor, quote.shipping_off_minor) >= 0
    for line in quote.lines:
        assert line.total.minor >= 0
        assert line.total + line.discount == line.unit_list * line.quantity
        assert sum(reason.discount.minor for reason in line.reasons) == line.discount.minor
        assert all(reason.discount.minor > 0 for reason in line.reasons)
    uses: dict[UUID, DealUse] = deal_uses(quote, known)
    assert sum(use.discount_minor for use in uses.values()) == quote.discount.minor + quote.shipping_off_minor
    assert all(sum(use.parts) == use.discount_minor for use in uses.values())
    assert sum(use.deal.form in ("voucher", "creator_code") for use in uses.values()) <= 1
    turned = price([lines[place] for place in order], facts(*reversed(deals)), 150, voucher=voucher)
    assert turned.total == quote.total
    assert [turned.lines[order.index(place)] for place in range(3)] == quote.lines
