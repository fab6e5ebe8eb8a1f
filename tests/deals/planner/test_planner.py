"""The planner: the worked numbers of docs/algorithms/planner.md, caps in every run, and one seed one campaign."""

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.deals import DealOverlapError, NotFundedError
from tallylight.deals.planner.check_plan import check_plan
from tallylight.deals.planner.planned_facts import DAY_US
from tallylight.deals.planner.results import Range
from tallylight.deals.planner.simulate import Tally, simulate
from tallylight.deals.planner.summarise import break_even, play_plan
from tallylight.deals.planner.types import Assumptions, Basket, BasketLine, Plan
from tallylight.deals.types import AtCap, GlideStep
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.ledger.charge_types import Fee
from tests.deals.planner.campaign import (
    MARCH_US,
    MUG_ONLY,
    SMALL,
    agreement,
    deal,
    funder,
    glide,
    plan,
    show,
    surroundings,
)

CERTAIN = Assumptions(conversion_bps=10_000)
"""Every viewer orders, none sends anything back: nothing is left to chance."""


def certain(minor: int) -> Range:
    return Range(minor, minor, minor, minor)


def fee(kind: Any, **change: Any) -> Fee:
    base: dict[str, Any] = {
        "id": new_id(), "kind": kind, "rate_bps": 0, "fixed_minor": 0, "currency": "EUR", "base": "goods",
        "kept_on_refund": False, "hold_days": None, "from_us": 0, "until_us": None,
    }  # fmt: skip
    return Fee(**(base | change))


def worked(**change: Any) -> Plan:
    """100 viewers who all buy a serum, once in February and once in March; each show costs 200.00 and pays 10 %."""
    shows = tuple(
        show(day, viewers=100, fixed_cost_minor=20_000, creator_name="Joe", commission_bps=1000) for day in (-1, 0)
    )
    return plan(**({"shows": shows, "assumptions": CERTAIN} | change))


FEES = (fee("referral_fee", rate_bps=500), fee("transaction_fee", rate_bps=290, fixed_minor=30, base="payment"))


def test_the_worked_example() -> None:
    result = play_plan(worked(), surroundings(fees=FEES))
    assert (result.orders, result.revenue, result.discount) == (certain(200), certain(340_000), certain(160_000))
    # February: 4.00 each; March: the brand bears 5.60, the platform 2.40.
    assert [each.discount for each in result.funders] == [certain(96_000), certain(64_000)]
    assert [each.discounts for each in result.days] == [
        (certain(40_000), certain(40_000)),
        (certain(56_000), certain(24_000)),
    ]
    # 17.00 goods: commission 1.70, referral fee 0.85, payment fee 0.49 + 0.30.
    assert (result.commission, result.fees) == (certain(34_000), certain(200 * (85 + 79)))
    february, march = (2500 - off - 170 - 85 - 79 - 900 for off in (400, 560))
    assert (february, march) == (866, 706)
    assert [each.margin for each in result.days] == [certain(66_600), certain(50_600)]
    assert result.margin == certain(100 * (866 + 706) - 40_000)
    serum = next(each for each in result.products if each.title == "Dew Serum")
    assert (serum.per_piece_minor, serum.fixed_minor, serum.break_even) == (786, 40_000, 51)
    assert (serum.reached_bps, result.loss_bps) == (10_000, 0)
    assert result.glide == (
        "From 1 March the platform pays 30 % instead of 50 %: the brand's cost of an order on the deal goes from"
        " €4.00 to €5.60.",
    )


@pytest.mark.parametrize(
    ("at_cap", "orders", "platform", "brand", "short"),
    [
        ("end_deal", 25, 10_000, 10_000, 10_000),
        ("ask", 25, 10_000, 10_000, 10_000),
        ("next_funder", 200, 10_000, 150_000, 0),
    ],
)
def test_a_cap_bites_within_each_run(at_cap: AtCap, orders: int, platform: int, brand: int, short: int) -> None:
    agreed = agreement(funder("brand", 5000), funder("platform", 5000, 10_000), at_cap=at_cap)
    result = play_plan(worked(agreements=(agreed,)), surroundings())
    assert (result.deals[0].orders, result.deals[0].short_bps) == (certain(orders), short)
    assert [each.discount for each in result.funders] == [certain(brand), certain(platform)]


def test_a_cap_of_a_day_is_there_again_on_the_next_unless_it_ended_the_deal() -> None:
    for at_cap, days in (("ask", [10_000, 10_000]), ("end_deal", [10_000, 0])):
        agreed = agreement(funder("brand", 5000), funder("platform", 5000, cap_day_minor=10_000), at_cap=at_cap)
        result = play_plan(worked(agreements=(agreed,)), surroundings())
        assert [each.discounts[1].p50 for each in result.days] == days


def test_a_total_limit_and_a_deal_for_new_buyers_alone() -> None:
    limited = deal(total_limit=30)
    assert play_plan(worked(deals=(limited,)), surroundings()).deals[0].orders == certain(30)
    code = deal(form="voucher", counts="orders", conditions={"audience": "new"})
    code = msgspec.convert(msgspec.to_builtins(code), type(code))
    given_code = Assumptions(conversion_bps=10_000, code_bps=10_000, repeat_bps=10_000)
    assert play_plan(worked(deals=(code,), assumptions=given_code), surroundings()).deals[0].orders == certain(0)
    given_code = Assumptions(conversion_bps=10_000, code_bps=10_000)
    assert play_plan(worked(deals=(code,), assumptions=given_code), surroundings()).deals[0].orders == certain(200)


def test_what_comes_back_costs_the_sending_and_what_is_kept() -> None:
    everything_back = Assumptions(conversion_bps=10_000, return_bps=10_000)
    kept = [
        fee("transaction_fee", fixed_minor=30, base="payment", kept_on_refund=True),
        fee("referral_fee", rate_bps=500),
        fee("refund_administration_fee", rate_bps=2000),
    ]
    around = surroundings(fees=kept, shipping_fee_minor=495)
    result = play_plan(worked(assumptions=everything_back), around)
    # 0.30 kept, 4.95 to send it, 20 % of the referral fee of 0.85 that goes back: 0.17.
    assert result.margin == certain(-200 * (30 + 495 + 17) - 40_000)
    assert (result.commission, result.loss_bps) == (certain(0), 10_000)


def test_a_lift_sells_more_where_a_deal_takes_off() -> None:
    few = Assumptions(conversion_bps=1000)
    plain = play_plan(worked(assumptions=few), surroundings()).orders.mean
    lifted = play_plan(worked(assumptions=msgspec.structs.replace(few, lift_bps=100)), surroundings()).orders.mean
    # 32 % off, one percent more for each: a third more.
    assert 1.25 < lifted / plain < 1.4


def test_one_seed_is_one_campaign_and_few_known_shows_make_wide_ranges() -> None:
    unsure = Assumptions(conversion_bps=1000, viewers_spread_bps=3000, conversion_spread_bps=3000, return_bps=500)
    wide = play_plan(plan(assumptions=unsure), surroundings())
    assert play_plan(plan(assumptions=unsure), surroundings()) == wide
    assert play_plan(plan(assumptions=unsure, seed=8), surroundings()) != wide
    known = msgspec.structs.replace(unsure, rests_on_shows=100)
    narrow = play_plan(plan(assumptions=known), surroundings())
    assert narrow.orders.p90 - narrow.orders.p10 < wide.orders.p90 - wide.orders.p10
    assert abs(wide.orders.mean - 200) < 20


def test_two_plans_with_one_seed_meet_the_same_viewers() -> None:
    unsure = Assumptions(conversion_bps=1000, viewers_spread_bps=3000)
    with_deal = play_plan(plan(assumptions=unsure), surroundings())
    without = play_plan(plan(assumptions=unsure, deals=(), agreements=()), surroundings())
    assert [each.orders for each in without.days] == [each.orders for each in with_deal.days]
    assert without.funders == ()


@st.composite
def tight_plans(draw: st.DrawFn) -> Plan:
    def cap(most: int) -> int | None:
        return draw(st.none() | st.integers(0, most))

    parties = (
        funder("brand", 4000, draw(st.integers(0, 60_000)), cap_day_minor=cap(20_000)),
        funder("platform", 4000, draw(st.integers(0, 30_000)), cap_day_minor=cap(9_000), cap_order_minor=cap(700)),
        funder("creator", 2000, draw(st.integers(0, 30_000))),
    )
    step = GlideStep(MARCH_US, draw(st.sampled_from([(7000, 3000, 0), (0, 5000, 5000)])))
    agreed = agreement(*parties, at_cap=draw(st.sampled_from(["end_deal", "next_funder", "ask"])), steps=(step,))
    second = deal(300, form="threshold", product_id=None, counts="orders", conditions={"min_minor": 2000})
    second = msgspec.convert(msgspec.to_builtins(second), type(second))
    baskets = (
        Basket((BasketLine(SMALL, 1),), 3),
        Basket((BasketLine(SMALL, 2), BasketLine(MUG_ONLY, 1)), 1),
        Basket((BasketLine(MUG_ONLY, 1),), 1),
    )
    return plan(
        agreements=(agreed,), deals=(deal(total_limit=draw(st.none() | st.integers(1, 90))), second), baskets=baskets,
        runs=100, seed=draw(st.integers(0, 99)), assumptions=Assumptions(conversion_bps=400, return_bps=1000),
    )  # fmt: skip


def spent(tally: Tally, runs: int) -> dict[tuple[int, int], Any]:
    """By day and funder, what each run spent."""
    sums: dict[tuple[int, int], Any] = {}
    for sales in tally.sales:
        for place, part in enumerate(sales.sold.parts):
            row = sums.setdefault((sales.stretch.day, place), np.zeros(runs, np.int64))
            row[sales.runs] += sales.counts * part
    return sums


def figures(tally: Tally) -> Counter[Any]:
    """How often each order was sold in each run."""
    found: Counter[Any] = Counter()
    for sales in tally.sales:
        sold = msgspec.structs.astuple(sales.sold)[:-1]
        for run, count in zip(sales.runs.tolist(), sales.counts.tolist(), strict=True):
            found[run, sales.stretch.from_us, sold] += count
    return found


@given(tight_plans())
@settings(max_examples=12, deadline=None)
def test_no_run_goes_over_a_cap_and_blocks_sell_what_single_orders_would(tight: Plan) -> None:
    check_plan(tight, surroundings().variants)
    tally = simulate(tight, surroundings())
    sums = spent(tally, tight.runs)
    for place, each in enumerate(tally.scene.funders):
        days = [row for (_, funder_place), row in sums.items() if funder_place == place]
        assert (sum(days) <= each.fact.left_minor).all()
        if each.fact.cap_day_minor is not None:
            assert all((row <= each.fact.cap_day_minor).all() for row in days)
        if each.fact.cap_order_minor is not None:
            assert all(sales.sold.parts[place] <= each.fact.cap_order_minor for sales in tally.sales)
    assert all(sum(sales.sold.parts) == sum(sales.sold.discounts) for sales in tally.sales)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tallylight.deals.planner.simulate.all_fit", lambda *given: np.zeros(len(given[0]), bool))
        assert figures(simulate(tight, surroundings())) == figures(tally)


def test_without_the_look_at_the_caps_a_run_would_overspend(monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = agreement(funder("brand", 5000), funder("platform", 5000, 10_000))
    monkeypatch.setattr("tallylight.deals.planner.simulate.all_fit", lambda *given: np.ones(len(given[0]), bool))
    tally = simulate(worked(agreements=(agreed,)), surroundings())
    assert max(int(row.max()) for (_, place), row in spent(tally, 200).items() if place == 1) > 10_000


@pytest.mark.parametrize(
    ("fixed", "margin", "pieces", "even"),
    [(40_000, 786, 1, 51), (0, 5, 1, 0), (1000, 0, 10, None), (1000, -5, 10, None), (0, -5, 1, None)],
)
def test_break_even(fixed: int, margin: int, pieces: int, even: int | None) -> None:
    assert break_even(fixed, margin, pieces) == even


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"shows": ()}, InvalidInputError, "shows is 0"),
        ({"shows": (show(-1), show(-1))}, InvalidInputError, "begins before"),
        ({"unit_costs": ()}, InvalidInputError, "what a piece of Dew Serum, 30 ml costs"),
        ({"baskets": (Basket((BasketLine(new_id(), 1),), 1),)}, NotFoundError, "no such variant"),
        ({"deals": (deal(), deal(500))}, DealOverlapError, "'Spring offer' and 'Spring offer'"),
        ({"agreements": ()}, InvalidInputError, "not in the plan"),
        ({"agreements": (agreement(funder("brand", 10_000), until_us=MARCH_US),)}, NotFundedError, "does not hold"),
        ({"agreements": (agreement(funder("brand", 9000)),)}, InvalidInputError, "sum to 10000"),
        ({"runs": 2000, "shows": (show(viewers=1_000_000),)}, InvalidInputError, "draw at most 200 runs"),
        ({"assumptions": Assumptions(conversion_bps=10_001)}, InvalidInputError, "conversion_bps"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_a_reason(change: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        play_plan(plan(**change), surroundings())


def test_a_show_over_midnight_counts_on_both_days() -> None:
    late = show(-1, starts_us=MARCH_US - 1800 * 1_000_000, viewers=1000)
    result = play_plan(plan(shows=(late,), agreements=(glide(),)), surroundings())
    assert [each.day for each in result.days] == ["2027-02-28", "2027-03-01"]
    assert all(each.orders.p50 > 20 for each in result.days)
    assert MARCH_US % DAY_US == 0
