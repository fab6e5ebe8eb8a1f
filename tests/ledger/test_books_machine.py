"""Sales, holds that expire, refunds in any parts, charges before and after them, releases, closes and payouts in any
order: after each step every account and the stock is what a plain model says, and when everything has gone back every
account is at zero.

``TALLYLIGHT_BOOKS_RUNS=10000`` is the long profile.
"""

import os
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tallylight import ledger
from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.app.flows.close_statements import close_period
from tallylight.catalogue.models import stock_level
from tallylight.checkout import SaleDesk
from tallylight.checkout.desk.sale_rows import HOLD_US
from tallylight.checkout.errors import PaymentDeclinedError
from tallylight.checkout.models import test_charge
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import new_id
from tallylight.ledger import LineReversal, NewFee, NewPlan, OrderReversal
from tallylight.ledger.closed_statements.read import closed_statement
from tallylight.ledger.payouts.bank_accounts import NewBankAccount, record_bank_account
from tallylight.ledger.payouts.make_payouts import make_payouts
from tallylight.ledger.payouts.read import payout_batch_of
from tests.conftest import Runner
from tests.support.plain_books import FEES, OFF, PRICES, PlainBooks, PlainOrder
from tests.support.sale import make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

RUNS = int(os.environ.get("TALLYLIGHT_BOOKS_RUNS", "12"))
STOCK = 50
SECOND_US, DAY_US = 1_000_000, 86_400_000_000
TOKENS = st.sampled_from(["tok_ok"] * 3 + ["tok_declined", "tok_unknown"])
IBAN = "DE89370400440532013000"


class Books(RuleBasedStateMachine):
    """Real desk, real ledger, real PostgreSQL; beside them the plain model. ``ended``: runs, to the end."""

    run: Runner
    ended = 0

    @initialize(by_plan=st.booleans(), rate_bps=st.integers(100, 8000))
    def begin(self, by_plan: bool, rate_bps: int) -> None:
        self.clock = ManualClock(NOW_US)
        self.plain = PlainBooks()
        self.orders: list[tuple[UUID, PlainOrder]] = []
        self.pending: list[tuple[UUID, dict[str, int], dict[str, int]]] = []
        self.left = {"serum": STOCK, "mug": STOCK}
        self.by_plan, self.rate_bps = by_plan, rate_bps
        self.scene = self.run(make_scene(self.run.database, stock=STOCK, slug=f"s{new_id().hex}"))
        self.run(open_flash_deal(self.run.database, self.scene, duration_s=86_400))
        self.run(self._rates())
        self.desk = SaleDesk(self.run.database, self.clock)
        self.sell(2, 1, "tok_ok")

    async def _rates(self) -> None:
        async with self.run.database.transaction() as connection:
            shop_id = self.scene.shop_id
            fees = [NewFee(kind=kind, rate_bps=bps) for kind, bps in FEES.items()]  # type: ignore[arg-type]
            fees.append(NewFee(kind="reserve", rate_bps=1000, base="payment", hold_days=1))
            for fee in fees:
                await ledger.set_fee(connection, shop_id, fee, currency="USD", recorded_by=None, now_us=NOW_US)
            if self.by_plan:
                plan = NewPlan(kind="open", rate_bps=self.rate_bps)
                await ledger.record_plan(connection, shop_id, plan, recorded_by=None, now_us=NOW_US)
            for kind, name in (("bank", "Bank"), ("brand", "x"), ("platform", "x"), ("creator", "Mina Park")):
                party = await ledger.ensure_party(connection, shop_id, kind, name)  # type: ignore[arg-type]
                account = NewBankAccount(holder=name, iban=IBAN)
                await record_bank_account(connection, shop_id, party.id, account, recorded_by=None, now_us=NOW_US)

    @rule(serums=st.integers(1, 3), mugs=st.integers(0, 3), token=TOKENS)
    def sell(self, serums: int, mugs: int, token: str) -> None:
        pieces = {"serum": serums, "mug": mugs}
        pieces = {product: count for product, count in pieces.items() if count}
        if not pieces or any(count > self.left[product] for product, count in pieces.items()):
            return
        self.clock.advance(SECOND_US)
        # The deal lasts a day; later rules move the clock.
        off = OFF if self.clock.now_us() < NOW_US + DAY_US else dict.fromkeys(OFF, 0)
        goods = sum((PRICES[product] - off[product]) * count for product, count in pieces.items())
        variants = {"serum": self.scene.serum.variants[0].id, "mug": self.scene.mug.variants[0].id}
        lines = [(variants[product], count) for product, count in pieces.items()]
        total = goods + (0 if goods >= 6000 else 495)
        asked = order_request(self.scene, total, *lines, token=token, at_us=self.clock.now_us())
        try:
            order = self.run(self.desk.place(asked))
        except PaymentDeclinedError:
            return
        for product, count in pieces.items():
            self.left[product] -= count
        if order.state == "payment_pending":
            self.pending.append((order.id, pieces, off))
        else:
            self._sold(order.id, pieces, off)

    def _sold(self, order_id: UUID, pieces: dict[str, int], off: dict[str, int]) -> None:
        rate = self.rate_bps if self.by_plan else 1000
        self.orders.append((order_id, self.plain.sell(pieces, off, rate_bps=rate, by_plan=self.by_plan)))

    @precondition(lambda self: self.pending)
    @rule()
    def expire(self) -> None:
        """The bank never heard of what is pending: the holds run out, and everything that was held is there again."""
        self.run(self._lose_charges([order_id for order_id, _, _ in self.pending]))
        self.clock.advance(HOLD_US)
        assert self.run(self.desk.expire_holds(self.clock.now_us())) == len(self.pending)
        for _, pieces, _ in self.pending:
            for product, count in pieces.items():
                self.left[product] += count
        self.pending = []

    async def _lose_charges(self, order_ids: list[UUID]) -> None:
        async with self.run.database.transaction() as connection:
            await connection.execute(
                test_charge.delete().where(test_charge.c.key.in_([str(each) for each in order_ids]))
            )

    @invariant()
    def stock_and_holds_are_as_the_plain_model_says(self) -> None:
        held = dict.fromkeys(self.left, 0)
        for _, pieces, _ in self.pending:
            for product, count in pieces.items():
                held[product] += count
        assert self.run(self._stock()) == {name: (left + held[name], held[name]) for name, left in self.left.items()}

    async def _stock(self) -> dict[str, tuple[int, int]]:
        """On hand and held, by product."""
        variants = {self.scene.serum.variants[0].id: "serum", self.scene.mug.variants[0].id: "mug"}
        async with self.run.database.reading() as connection:
            rows = await connection.execute(sa.select(stock_level).where(stock_level.c.variant_id.in_(variants)))
            return {variants[row.variant_id]: (row.on_hand, row.held) for row in rows}

    @precondition(lambda self: self.pending)
    @rule()
    def settle(self) -> None:
        self.clock.advance(SECOND_US)
        assert self.run(self.desk.settle_pending(self.clock.now_us())) == len(self.pending)
        # The desk settles by when holds end; the model does not mind.
        for order_id, pieces, off in self.pending:
            self._sold(order_id, pieces, off)
        self.pending = []

    @rule()
    def charge(self) -> None:
        self.clock.advance(SECOND_US)
        due = [order for _, order in self.orders if not order.charged]
        assert self.run(self._charge()) == len(due)
        for order in due:
            self.plain.charge(order, self.rate_bps)

    async def _charge(self) -> int:
        before = await self._count("charged_sale")
        await charge_due_orders(self.run.database, now_us=self.clock.now_us())
        return await self._count("charged_sale") - before

    async def _count(self, table: str) -> int:
        async with self.run.database.transaction() as connection:
            found = await connection.execute(
                sa.text(f"select count(*) from {table} where shop_id = :shop"), {"shop": self.scene.shop_id}
            )
            return int(found.scalar_one())

    @rule(place=st.integers(0, 99), parts=st.lists(st.integers(0, 100), min_size=5, max_size=5))
    def refund(self, place: int, parts: list[int]) -> None:
        """So many hundredths of each product's discount, of its goods and of the shipping."""
        order_id, order = self.orders[place % len(self.orders)]
        shares = iter(parts)
        off = {product: order.off[product] * next(shares) // 100 for product in order.pieces}
        listed = {product: off[product] + order.goods(product) * next(shares) // 100 for product in order.pieces}
        shipping = order.shipping * parts[-1] // 100
        if sum(listed.values()) + shipping:
            self._refund(order_id, order, listed, off, shipping)

    def _refund(
        self, order_id: UUID, order: PlainOrder, listed: dict[str, int], off: dict[str, int], shipping: int
    ) -> None:
        self.clock.advance(SECOND_US)
        lines = [
            LineReversal(position, listed[product], off[product])
            for position, product in enumerate(order.pieces, 1)
            if listed[product]
        ]
        asked = OrderReversal(
            order_id=order_id, refund_id=new_id(), lines=lines, posted_us=self.clock.now_us(),
            description="Refund", shipping_minor=shipping,
        )  # fmt: skip
        assert self.run(self._reverse(asked)) == self.plain.refund(order, listed, off, shipping)

    async def _reverse(self, asked: OrderReversal) -> int:
        async with self.run.database.transaction() as connection:
            return (await ledger.reverse_order(connection, asked)).customer_minor

    @rule()
    def release(self) -> None:
        """Everything that was charged is old enough to be released."""
        self.clock.advance(2 * DAY_US)
        self.run(self._release())
        for _, order in self.orders:
            self.plain.release(order)

    async def _release(self) -> None:
        async with self.run.database.transaction() as connection:
            await ledger.release_reserves(connection, now_us=self.clock.now_us())

    @rule()
    def close(self) -> None:
        self.charge()
        self.clock.advance(SECOND_US)
        said = self.run(self._close())
        expected = self.plain.close()
        assert {kind: minor for kind, minor in expected.items() if minor} == {
            kind: minor for kind, minor in said.items() if minor
        }

    async def _close(self) -> dict[str, int]:
        async with self.run.database.transaction() as connection:
            made = await close_period(
                connection, self.scene.shop_id, currency="USD", to_us=self.clock.now_us(), closed_by=None,
                now_us=self.clock.now_us(),
            )  # fmt: skip
            found = [await closed_statement(connection, self.scene.shop_id, each) for each in made]
        return {each.closed.party.kind: each.closed.payable.minor for each in found}

    @precondition(lambda self: any(self.plain.to_pay.values()))
    @rule()
    def pay(self) -> None:
        assert self.run(self._pay()) == self.plain.pay()

    async def _pay(self) -> int:
        async with self.run.database.transaction() as connection:
            made = await make_payouts(
                connection, self.scene.shop_id, currency="USD", pay_on=date(2025, 7, 1), made_by=None,
                now_us=self.clock.now_us(),
            )  # fmt: skip
            return (await payout_batch_of(connection, self.scene.shop_id, made.batch_id)).total.minor

    async def _balances(self) -> dict[tuple[str, str], int]:
        async with self.run.database.transaction() as connection:
            found = await ledger.balances(connection, self.scene.shop_id)
        return {(kind, purpose): minor for (kind, purpose, _), minor in found.items() if minor}

    @invariant()
    def accounts_are_as_the_plain_books_say(self) -> None:
        said = self.run(self._balances())
        assert said == {account: minor for account, minor in self.plain.accounts.items() if minor}
        assert sum(said.values()) == 0

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            if self.pending:
                self.settle()
            for order_id, order in self.orders:
                if sum(order.listed.values()) + order.shipping:
                    self._refund(order_id, order, dict(order.listed), dict(order.off), order.shipping)
            self.charge()
            self.accounts_are_as_the_plain_books_say()
            # What was paid out is owed back; of everything else nothing is left, of any order.
            left = {
                name: minor for name, minor in self.run(self._balances()).items() if name[1] not in ("payout", "cash")
            }
            assert left == {}
            assert all(not order.payment and order.paid_back for _, order in self.orders)
            type(self).ended += 1
        finally:
            self.run(self.desk.stop())


def test_the_books_are_what_a_plain_model_says(run: Runner) -> None:
    Books.run, Books.ended = run, 0
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=RUNS, stateful_step_count=20, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
    assert Books.ended >= RUNS
