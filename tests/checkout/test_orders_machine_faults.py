"""The state machine of orders finds what is wrong: each fault below is one that money code is known for, put in on
purpose, and the machine, run as it always is but with a fixed seed, must fail.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import Phase, seed, settings

from tallylight import ledger
from tallylight.checkout.desk import exchange, settle, take_back
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.refunds import plan, send_money
from tallylight.foundation.money import Money
from tallylight.ledger import disputed_money
from tests.checkout.test_orders_machine import Orders, play
from tests.conftest import Runner

SEED = 20261127
EXAMPLES_MAX = 60
"""Of most faults the first few examples are enough."""

Patch = pytest.MonkeyPatch


class _WithoutFirst:
    """A batch that forgets the first funder who is given something back."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._forgot = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def count_funder(self, *places: Any, **counts: Any) -> None:
        if self._forgot:
            self._batch.count_funder(*places, **counts)
        self._forgot = True


def refund_forgets_a_funder(patch: Patch) -> None:
    right = take_back._give_budgets_back

    async def wrong(connection: Any, batch: Any, *rest: Any, **more: Any) -> Any:
        return await right(connection, _WithoutFirst(batch), *rest, **more)  # type: ignore[arg-type]

    patch.setattr(take_back, "_give_budgets_back", wrong)


def expiry_releases_twice(patch: Patch) -> None:
    right = settle._settle_deals

    def wrong(batch: Any, *rest: Any, paid: bool, **more: Any) -> None:
        right(batch, *rest, paid=paid, **more)
        if not paid:
            for funder_id, counted in batch._funders.items():
                batch.count_funder(funder_id, spent=0, held=counted.second)

    patch.setattr(settle, "_settle_deals", wrong)


def partial_refund_rounds_down(patch: Patch) -> None:
    patch.setattr(plan, "part_of", lambda left, take, whole: left if take >= whole else left * take // whole)


def deal_is_not_given_back(patch: Patch) -> None:
    right = Batch.count_deal

    def wrong(batch: Batch, deal_id: object, *, sold: int, held: int) -> None:
        right(batch, deal_id, sold=max(0, sold), held=held)

    patch.setattr(Batch, "count_deal", wrong)


def buyers_count_is_not_given_back(patch: Patch) -> None:
    patch.setattr(Batch, "count_returned", lambda *_: None)


def win_reinstates_twice(patch: Patch) -> None:
    right = ledger.release_disputed

    async def wrong(connection: Any, hold_id: Any, *, order_id: Any, **more: Any) -> None:
        left = await ledger.amounts_left(connection, hold_id)
        await right(connection, hold_id, order_id=order_id, **more)
        amount = max(left.values())
        [currency] = {currency for _, currency in left}
        await disputed_money._post(
            connection, order_id, Money(amount, currency), "dispute_release",
            ("brand", "reserve_held"), ("brand", "reserve"), description="again", posted_us=more["posted_us"],
        )  # fmt: skip

    patch.setattr(ledger, "release_disputed", wrong)


def loss_keeps_what_was_held(patch: Patch) -> None:
    async def wrong(*_: Any, **__: Any) -> None:
        return None

    patch.setattr(ledger, "release_disputed", wrong)


def disputed_money_is_refunded_as_well(patch: Patch) -> None:
    patch.setattr(take_back, "check_disputed", lambda *_: None)
    patch.setattr(exchange, "check_disputed", lambda *_: None)


def fee_is_charged_once_too_often(patch: Patch) -> None:
    right = ledger.charge_dispute

    async def wrong(*asked: Any, **more: Any) -> Any:
        await right(*asked, **more)
        return await right(*asked, **more)

    patch.setattr(ledger, "charge_dispute", wrong)


def restocked_pieces_are_lost(patch: Patch) -> None:
    patch.setattr(take_back, "_shelve", lambda *_: None)


def what_pays_for_an_exchange_is_sent_as_well(patch: Patch) -> None:
    right = take_back.ForExchange
    patch.setattr(settle, "ForExchange", lambda order_id, worth, _: right(order_id, worth, 0))


def what_is_exchanged_does_not_come_back(patch: Patch) -> None:
    async def wrong(*asked: Any, **_: Any) -> Any:
        return Settled(asked[3]["of_order_id"], asked[3]["order_id"], "paid", changed=False)

    patch.setattr(settle, "_take_in", wrong)


def a_refund_is_sent_from_one_payment_alone(patch: Patch) -> None:
    right = send_money._parts

    async def wrong(*asked: Any) -> Any:
        return (await right(*asked))[:1]

    patch.setattr(send_money, "_parts", wrong)


FAULTS: Mapping[str, Callable[[Patch], None]] = {
    each.__name__: each
    for each in (
        refund_forgets_a_funder, expiry_releases_twice, partial_refund_rounds_down, deal_is_not_given_back,
        buyers_count_is_not_given_back, win_reinstates_twice, loss_keeps_what_was_held,
        disputed_money_is_refunded_as_well, fee_is_charged_once_too_often, restocked_pieces_are_lost,
        what_pays_for_an_exchange_is_sent_as_well, what_is_exchanged_does_not_come_back,
        a_refund_is_sent_from_one_payment_alone,
    )
}  # fmt: skip


def _wanted(examples: int) -> settings:
    return settings(
        max_examples=examples, database=None, phases=[Phase.generate], report_multiple_bugs=False, print_blob=False
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(run: Runner, monkeypatch: Patch, name: str) -> None:
    machine: type[Orders] = seed(SEED)(type(name, (Orders,), {}))
    FAULTS[name](monkeypatch)
    with pytest.raises(BaseException) as found:  # noqa: PT011  # an assertion, or the database's own refusal
        play(machine, run, _wanted(EXAMPLES_MAX))
    assert not isinstance(found.value, KeyboardInterrupt | SystemExit | pytest.fail.Exception)


def test_without_a_fault_none_is_found(run: Runner) -> None:
    machine: type[Orders] = seed(SEED)(type("right", (Orders,), {}))
    play(machine, run, _wanted(10))
    assert machine.ended >= 10
