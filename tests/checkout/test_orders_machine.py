"""Sales at the deal's price and at the list price, holds that end either way, all ways of taking back, exchanges at
today's price that are paid for, called off or run out, and disputes that are won or lost, under a funding agreement
with caps, steps, raised caps and a product that is taken out: after each step stock, holds, the deal and its buyers,
every funder's budget and every account are what a plain model says. That it would notice if they were not:
``test_orders_machine_faults``.

``TALLYLIGHT_ORDERS_RUNS=10000`` is the long profile. What is charged, stated and paid out afterwards:
``tests/ledger/test_books_machine.py``.
"""

import copy
import os
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
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

from tallylight import deals
from tallylight.checkout import PaymentDeclinedError, PaymentMeans, SaleDesk, TestProvider
from tallylight.checkout.desk.exchange import HOLD_US as EXCHANGE_HOLD_US
from tallylight.checkout.desk.sale_rows import HOLD_US
from tallylight.checkout.exchanges.schemas import Exchange
from tallylight.checkout.payments import Dispute, DisputeState
from tallylight.checkout.refunds.schemas import RefundKind, TakeBack, TakeBackLine
from tallylight.deals import AtCap, CartLine, GlideStep, NewAgreement, NewDeal, NewFunder
from tallylight.deals.models import funder
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import OrderId, ProductId, new_id
from tallylight.foundation.money import Money
from tests.conftest import Runner
from tests.support.plain_books import FUNDERS, OFF
from tests.support.plain_shop import (
    PlainAgreement,
    PlainDispute,
    PlainExchange,
    PlainFunder,
    PlainSale,
    PlainShop,
    What,
)
from tests.support.sale import make_scene, order_request
from tests.support.shop import NOW_US

RUNS = int(os.environ.get("TALLYLIGHT_ORDERS_RUNS", "10"))
STOCK = 12
SECOND_US, DAY_US = 1_000_000, 86_400_000_000
LATER = {"brand": 7000, "platform": 3000, "creator": 0}
TOKENS = st.sampled_from(["tok_ok"] * 3 + ["tok_declined", "tok_unknown"])
# Often room enough, or most sales would be refused the deal's price and little of it be held, expire and come back.
CAP = st.one_of(st.none(), st.just(3000), st.integers(150, 3000))
CAPS = st.tuples(st.one_of(st.just(6000), st.integers(0, 6000)), CAP, CAP)
LIMIT = st.one_of(st.none(), st.just(8), st.integers(1, 8))
WAYS: tuple[tuple[RefundKind, What], ...] = (
    ("refund", "amount"), ("return", "pieces"), ("refund", "pieces"), ("refund", "amount"), ("return", "pieces"),
    ("cancel", "everything"), ("refund", "everything"), ("return", "everything"), ("chargeback", "everything"),
)  # fmt: skip
"""Parts more often than the whole: little can follow on an order of which nothing is left."""
DISPUTED = ("dispute_fee", "adjustment")
_STATE = """
select
    (select array_agg(array[on_hand, held] order by variant_id = $2) from stock_level where variant_id in ($2, $3)),
    (select array[sold, held] from deal where id = $4),
    (select array_agg(array[spent_minor, held_minor, case when day = $6 then day_minor else 0 end] order by position)
        from funder where agreement_id = $5),
    (select coalesce(json_object_agg(name, minor), '{}') from (
        select p.kind || ' ' || a.purpose as name, sum(e.amount_minor) as minor
        from transfer as t join entry as e on e.transfer_id = t.id
        join account as a on a.id = e.account_id join party as p on p.id = a.party_id
        where t.shop_id = $1 group by 1 having sum(e.amount_minor) <> 0
    ) as x),
    (select coalesce(sum(r.amount_minor), 0) from test_refund as r
        left join exchange_attempt as a on a.key::text = r.charge_key
        join customer_order as o on o.id::text = coalesce(a.order_id::text, r.charge_key) where o.shop_id = $1),
    (select coalesce(array_agg(quantity order by quantity), '{}') from deal_buyer where deal_id = $4 and quantity > 0)
"""


class Orders(RuleBasedStateMachine):
    """A real desk and a real PostgreSQL; beside them the plain model. ``ended``: runs, to the end."""

    run: Runner
    ended = 0
    connection: asyncpg.Connection

    @initialize(
        caps=st.tuples(CAPS, CAPS, CAPS), at_cap=st.sampled_from(["next_funder", "end_deal", "ask"]),
        total_limit=LIMIT, buyer_limit=LIMIT, step_in_hours=st.integers(1, 48), first=st.integers(1, 3),
    )  # fmt: skip
    def begin(
        self,
        caps: tuple[tuple[int, int | None, int | None], ...],
        at_cap: AtCap,
        total_limit: int | None,
        buyer_limit: int | None,
        step_in_hours: int,
        first: int,
    ) -> None:
        """Ends with one order paid and one on hold, as far as caps and limits let them."""
        self.clock = ManualClock(NOW_US)
        step_us = NOW_US + step_in_hours * 3600 * SECOND_US
        funders = {name: PlainFunder(*each) for name, each in zip(FUNDERS, caps, strict=True)}
        agreement = PlainAgreement(funders, FUNDERS, LATER, step_us, at_cap == "next_funder", NOW_US // DAY_US)
        self.plain = PlainShop(agreement, stock=STOCK, total_limit=total_limit, buyer_limit=buyer_limit)
        self.paid: list[tuple[UUID, PlainSale]] = []
        self.pending: list[tuple[UUID, PlainSale]] = []
        self.asked: list[tuple[UUID, PlainExchange, int]] = []
        self.disputes: list[tuple[UUID, str, PlainDispute]] = []
        self.decided: list[tuple[UUID, str, PlainDispute, bool, int]] = []
        self.sent = 0
        self.opted_out = False
        self.run(self._open(funders, at_cap, step_us))
        self.bank = TestProvider(self.run.database, b"shared secret")
        self.desk = SaleDesk(self.run.database, self.clock, {"test": self.bank})
        self.sell(serums=first, mugs=first % 2, buyer=0, token="tok_ok")
        self.hold(serums=1, mugs=0, buyer=1)

    async def _open(self, funders: dict[str, PlainFunder], at_cap: AtCap, step_us: int) -> None:
        """The shop, an agreement that everybody has accepted, and a deal that outlasts the run."""
        scene = self.scene = await make_scene(self.run.database, stock=STOCK, slug=f"s{new_id().hex}")
        new = NewAgreement(
            title="Who pays",
            funders=tuple(
                NewFunder(
                    party=name, name=name, share_bps=FUNDERS[name], budget_minor=each.budget,  # type: ignore[arg-type]
                    cap_order_minor=each.cap_order, cap_day_minor=each.cap_day,
                )
                for name, each in funders.items()
            ),
            at_cap=at_cap,
            steps=(GlideStep(step_us, tuple(LATER.values())),),
        )  # fmt: skip
        async with self.run.database.transaction() as connection:
            self.agreement_id = await deals.create_agreement(connection, scene.shop_id, new, at_us=NOW_US)
            rows = await connection.execute(funder.select().where(funder.c.agreement_id == self.agreement_id))
            self.parties = {row.party_kind: row.party_id for row in rows}
            for party_id in self.parties.values():
                await deals.accept_agreement(connection, self.agreement_id, party_id, by=None, at_us=NOW_US)
            deal = NewDeal(
                product_id=ProductId(scene.serum.id), kind="amount", title="Deal", amount_minor=OFF["serum"],
                duration_s=86_400, agreement_id=self.agreement_id, form="campaign",
                total_limit=self.plain.total_limit, per_buyer_limit=self.plain.buyer_limit,
            )  # fmt: skip
            self.deal_id = await deals.create_deal(connection, scene.shop_id, deal)
            await deals.open_deal(connection, self.deal_id, NOW_US)
        self.open_until_us = NOW_US + DAY_US

    def _move_to(self, moment_us: int) -> None:
        self.clock.advance(moment_us - self.clock.now_us())
        self.plain.agreement.turn(moment_us // DAY_US)

    def _pass(self, microseconds: int = SECOND_US) -> None:
        self._move_to(self.clock.now_us() + microseconds)

    @rule(hours=st.integers(1, 12))
    def wait(self, hours: int) -> None:
        self._pass(hours * 3600 * SECOND_US)

    @rule(serums=st.integers(1, 3), mugs=st.integers(0, 2), buyer=st.integers(0, 2), token=TOKENS)
    def sell(self, serums: int, mugs: int, buyer: int, token: str) -> None:
        """At the deal's price; who is refused that confirms the list price."""
        self._pass()
        pieces = {"serum": serums} | ({"mug": mugs} if mugs else {})
        at_us = self.clock.now_us()
        deal = not self.opted_out and at_us < self.open_until_us
        if not self._sell(pieces, buyer, token, deal=deal) and deal:
            self._sell(pieces, buyer, token, deal=False)

    @rule(serums=st.integers(1, 3), mugs=st.integers(0, 2), buyer=st.integers(0, 2))
    def hold(self, serums: int, mugs: int, buyer: int) -> None:
        """A sale whose payment nobody knows of yet."""
        self.sell(serums, mugs, buyer, "tok_unknown")

    def _sell(self, pieces: dict[str, int], buyer: int, token: str, *, deal: bool) -> bool:
        """Whether the price held."""
        at_us = self.clock.now_us()
        # The desk prices before it hears of the card: a declined one is told what another would have been told.
        plain = copy.deepcopy(self.plain) if token == "tok_declined" else self.plain
        expected = plain.sell(pieces, buyer, at_us, deal=deal, pending=token == "tok_unknown")
        if token == "tok_declined" and not isinstance(expected, str):
            expected = "payment_declined"
        request = self._request(pieces, buyer, token, at_us, deal=deal)
        if isinstance(expected, str):
            with pytest.raises(ConflictError) as refused:
                self.run(self.desk.place(request))
            assert refused.value.code == expected
            return expected in ("sold_out", "payment_declined")
        order = self.run(self.desk.place(request))
        assert order.state == ("paid" if expected.money else "payment_pending")
        (self.paid if expected.money else self.pending).append((order.id, expected))
        return True

    def _request(self, pieces: dict[str, int], buyer: int, token: str, at_us: int, *, deal: bool) -> Any:
        variants = {"serum": self.scene.serum.variants[0].id, "mug": self.scene.mug.variants[0].id}
        lines = [(variants[name], count) for name, count in pieces.items()]
        total = self.plain.total(pieces, deal=deal)
        return order_request(self.scene, total, *lines, at_us=at_us, email=f"b{buyer}@example.com", token=token)

    @precondition(lambda self: self.pending)
    @rule(settled=st.booleans())
    def end_holds(self, settled: bool) -> None:
        """The bank says yes to everything that is pending; or it never heard of it, and the holds run out."""
        if settled:
            self._pass()
        else:
            lost = [str(order_id) for order_id, _ in self.pending]
            self.run(self.connection.execute("delete from test_charge where key = any($1::text[])", lost))
            self._pass(HOLD_US)
        lapsed = self._lapsed()
        assert self.run(self.desk.settle_pending(self.clock.now_us())) == len(self.pending) + len(lapsed)
        self._drop(lapsed)
        for order_id, sale in self.pending:
            if settled:
                self.plain.pay(sale)
                self.paid.append((order_id, sale))
            else:
                self.plain.release(sale)
        self.pending = []

    @precondition(lambda self: self.paid)
    @rule(
        place=st.integers(0, 99), way=st.sampled_from(WAYS),
        hundredths=st.integers(1, 100), shipping=st.booleans(), restock=st.booleans(),
    )  # fmt: skip
    def take_back(
        self, place: int, way: tuple[RefundKind, What], hundredths: int, shipping: bool, restock: bool
    ) -> None:
        order_id, sale = self.paid[place % len(self.paid)]
        self._take_back(order_id, sale, *way, hundredths, shipping=shipping, restock=restock)

    def _take_back(
        self, order_id: UUID, sale: PlainSale, kind: RefundKind, what: What, hundredths: int, *, shipping: bool,
        restock: bool,
    ) -> None:  # fmt: skip
        self._pass()
        asked = TakeBack(id=new_id(), kind=kind, reason="asked", shipping=shipping)
        most = self.plain.left_of(sale, what, shipping=shipping)
        if what == "everything":
            many = dict(sale.left)
            if not most and not any(many.values()):
                with pytest.raises(ConflictError, match="taken back already"):
                    self.run(self.desk.take_back(self.scene.shop_id, OrderId(order_id), asked))
                return
        elif not most:
            return
        elif what == "amount":
            many = {"": max(1, most * hundredths // 100)}
            asked = msgspec.structs.replace(asked, amount=Money(many[""], "USD"))
        else:
            many = {name: -(-count * hundredths // 100) for name, count in sale.left.items() if count}
            positions = {name: position for position, name in enumerate(sale.pieces, 1)}
            lines = [TakeBackLine(positions[name], count, restock) for name, count in many.items()]
            asked = msgspec.structs.replace(asked, lines=lines)
        if self._waits(sale) and kind != "chargeback":
            with pytest.raises(ConflictError, match="waits for its payment"):
                self.run(self.desk.take_back(self.scene.shop_id, OrderId(order_id), asked))
            return
        if self.plain.goes_back(sale, what, many, shipping=shipping) is None:
            with pytest.raises(ConflictError, match="disputes the payment"):
                self.run(self.desk.take_back(self.scene.shop_id, OrderId(order_id), asked))
            return
        view = self.run(self.desk.take_back(self.scene.shop_id, OrderId(order_id), asked))
        back = self.plain.take_back(
            sale, what, many, shipping=shipping, comes_back=kind in ("cancel", "return"),
            restocked=restock or what == "everything",
        )  # fmt: skip
        sends = bool(back) and kind != "chargeback"
        assert (view.amount.minor, view.money) == (back, "sent" if sends else "none")
        self.sent += back if sends else 0

    @precondition(lambda self: self.paid)
    @rule(
        place=st.integers(0, 99), hundredths=st.integers(1, 100), serums=st.integers(0, 2), mugs=st.integers(0, 3),
        restock=st.booleans(),
    )  # fmt: skip
    def exchange(self, place: int, hundredths: int, serums: int, mugs: int, restock: bool) -> None:
        """At today's price: dearer waits to be paid for, the rest is done at once."""
        self._pass()
        order_id, sale = self.paid[place % len(self.paid)]
        wanted = {name: count for name, count in (("serum", serums), ("mug", mugs)) if count}
        many = {name: -(-count * hundredths // 100) for name, count in sale.left.items() if count}
        if not wanted or not many:
            return
        lines = [
            TakeBackLine(position, many[name], restock)
            for position, name in enumerate(sale.pieces, 1) if name in many
        ]  # fmt: skip
        variants = {"serum": self.scene.serum.variants[0].id, "mug": self.scene.mug.variants[0].id}
        carts = [CartLine(variants[name], count) for name, count in wanted.items()]
        asked = Exchange(id=new_id(), reason="asked", lines=lines, wanted=carts)
        worth = self.plain.worth(sale, many)
        if self._waits(sale) or worth is None:
            with pytest.raises(ConflictError, match="waits for its payment|disputes the payment"):
                self.run(self.desk.exchange(self.scene.shop_id, OrderId(order_id), asked))
            return
        at_us = self.clock.now_us()
        deal = not self.opted_out and at_us < self.open_until_us
        deal = deal and not isinstance(self.plain.bears(serums, sale.buyer, at_us), str)
        total = self.plain.total(wanted, deal=deal, sent_free=True)
        quoted = self.run(self.desk.exchange(self.scene.shop_id, OrderId(order_id), asked))
        assert (quoted.state, quoted.worth.minor, quoted.total.minor) == ("quoted", worth, total)
        asked = msgspec.structs.replace(asked, difference=Money(total - worth, "USD"))
        new = self.plain.sell(wanted, sale.buyer, at_us, deal=deal, pending=total > worth, sent_free=True)
        if isinstance(new, str):
            with pytest.raises(ConflictError) as refused:
                self.run(self.desk.exchange(self.scene.shop_id, OrderId(order_id), asked))
            assert refused.value.code == new
            return
        view = self.run(self.desk.exchange(self.scene.shop_id, OrderId(order_id), asked))
        assert view.state == ("payment_pending" if total > worth else "paid")
        assert view.order_id is not None
        exchange = PlainExchange(sale, new, many, worth, restock)
        if total > worth:
            self.asked.append((view.order_id, exchange, at_us + EXCHANGE_HOLD_US))
        else:
            self.sent += self.plain.take_in(exchange)
            self.paid.append((view.order_id, new))

    @precondition(lambda self: self.asked)
    @rule(place=st.integers(0, 99), way=st.sampled_from(["paid", "second card", "called off"]))
    def end_exchange(self, place: int, way: str) -> None:
        self._pass()
        self._end_exchange(self.asked[place % len(self.asked)], way)

    def _end_exchange(self, waiting: tuple[UUID, PlainExchange, int], way: str) -> None:
        order_id, exchange, until_us = waiting
        if way == "called off":
            assert self.run(self.desk.release_pending(self.scene.shop_id, OrderId(order_id))) == "cancelled"
            self._drop([waiting])
            return
        paying = OrderId(order_id)
        if self.clock.now_us() >= until_us:
            with pytest.raises(ConflictError, match="not to be paid any more"):
                self.run(self.desk.pay_exchange(paying, PaymentMeans("test", "tok_ok")))
            return
        if way == "second card":
            with pytest.raises(PaymentDeclinedError):
                self.run(self.desk.pay_exchange(paying, PaymentMeans("test", "tok_declined")))
        self.run(self.desk.pay_exchange(paying, PaymentMeans("test", "tok_ok")))
        if self.plain.worth(exchange.old, exchange.many) != exchange.worth:
            # A bank has taken, or holds, what was to come back: the buyer's money goes back instead.
            self._drop([waiting])
            self.sent += self.plain.total(exchange.new.pieces, deal=bool(exchange.new.funded), sent_free=True)
            self.sent -= exchange.worth
            return
        self.plain.pay(exchange.new)
        self.sent += self.plain.take_in(exchange)
        self.asked.remove(waiting)
        self.paid.append((order_id, exchange.new))

    def _waits(self, sale: PlainSale) -> bool:
        return any(exchange.old is sale for _, exchange, _ in self.asked)

    def _lapsed(self) -> list[tuple[UUID, PlainExchange, int]]:
        return [each for each in self.asked if each[2] <= self.clock.now_us()]

    def _drop(self, over: list[tuple[UUID, PlainExchange, int]]) -> None:
        for each in over:
            self.plain.release(each[1].new)
            self.asked.remove(each)

    @precondition(lambda self: self.paid)
    @rule(place=st.integers(0, 99), hundredths=st.integers(1, 100))
    def dispute(self, place: int, hundredths: int) -> None:
        """The buyer's bank wants a part of what was paid back, or all of it, whatever is left of it."""
        self._pass()
        order_id, sale = self.paid[place % len(self.paid)]
        paid = sale.money.payment + sale.money.paid_back if sale.money is not None else 0
        opened = self.plain.dispute(sale, max(1, paid * hundredths // 100))
        name = f"dp_{new_id().hex}"
        self.disputes.append((order_id, name, opened))
        self._bank_says(order_id, name, opened, "opened")

    @precondition(lambda self: self.disputes)
    @rule(place=st.integers(0, 99), won=st.booleans(), fee=st.sampled_from([0, 1500]))
    def decide_dispute(self, place: int, won: bool, fee: int) -> None:
        self._decide(self.disputes[place % len(self.disputes)], won=won, fee=fee)

    def _decide(self, open_one: tuple[UUID, str, PlainDispute], *, won: bool, fee: int) -> None:
        self._pass()
        order_id, name, dispute = open_one
        self.disputes.remove(open_one)
        self.plain.end_dispute(dispute, won=won, fee=fee)
        self._bank_says(order_id, name, dispute, "won" if won else "lost", fee=fee)
        self.decided.append((order_id, name, dispute, won, fee))

    @precondition(lambda self: self.decided)
    @rule(place=st.integers(0, 99))
    def change_last_word(self, place: int) -> None:
        """What was lost is won after all, or the other way round; once a dispute."""
        self._pass()
        order_id, name, dispute, won, fee = self.decided.pop(place % len(self.decided))
        if won:
            again = self.plain.dispute(dispute.sale, dispute.amount)
            self.plain.end_dispute(again, won=False, fee=0)
        else:
            self.plain.other_word(dispute, won=True)
        self._bank_says(order_id, name, dispute, "lost" if won else "won", fee=fee)

    def _bank_says(
        self, order_id: UUID, name: str, dispute: PlainDispute, state: DisputeState, *, fee: int = 0
    ) -> None:
        """By a signed webhook, and once more under another name."""
        told = Dispute(
            name, Money(dispute.amount, "USD"), "fraudulent", state, fee=Money(fee, "USD") if fee else None
        )  # fmt: skip
        event = self.run(self.bank.dispute(str(order_id), told))
        for event_id in (event.id, f"{event.id}-again"):
            self.run(self.desk.hear("test", *self.bank.sign(msgspec.structs.replace(event, id=event_id))))

    @rule(name=st.sampled_from(list(FUNDERS)), more=st.integers(1, 3000))
    def raise_cap(self, name: str, more: int) -> None:
        self._pass()
        self.plain.agreement.funders[name].budget += more
        self.run(self._raise(name, self.plain.agreement.funders[name].budget))

    async def _raise(self, name: str, budget_minor: int) -> None:
        async with self.run.database.transaction() as connection:
            await deals.raise_cap(
                connection, self.agreement_id, self.parties[name], budget_minor, at_us=self.clock.now_us()
            )

    @precondition(lambda self: not self.opted_out and len(self.paid) > 3)
    @rule(name=st.sampled_from(list(FUNDERS)))
    def opt_out(self, name: str) -> None:
        """Works at once: whoever asks for the deal's price afterwards is told that it has changed."""
        self._pass()
        self.opted_out = True
        self.run(self._opt_out(name))
        self._pass(60 * SECOND_US)  # beyond the grace
        request = self._request({"serum": 1}, 0, "tok_ok", self.clock.now_us(), deal=True)
        with pytest.raises(ConflictError) as refused:
            self.run(self.desk.place(request))
        in_stock = self.plain.on_hand["serum"] > self.plain.held["serum"]
        assert refused.value.code == ("price_changed" if in_stock else "sold_out")

    async def _opt_out(self, name: str) -> None:
        async with self.run.database.transaction() as connection:
            await deals.opt_out_product(
                connection, self.agreement_id, self.parties[name], self.scene.serum.id, by=None,
                at_us=self.clock.now_us(),
            )  # fmt: skip

    @invariant()
    def everything_is_as_the_plain_model_says(self) -> None:
        if not hasattr(self, "plain"):
            return
        plain, scene = self.plain, self.scene
        variants = (scene.serum.variants[0].id, scene.mug.variants[0].id)
        row = self.run(
            self.connection.fetchrow(
                _STATE, scene.shop_id, *variants, self.deal_id, self.agreement_id, plain.agreement.day
            )
        )
        stock, deal, funders, accounts, sent, bought = row
        assert stock == [[plain.on_hand[name], plain.held[name]] for name in ("mug", "serum")]
        assert deal == [plain.sold, plain.deal_held]
        assert funders == [[each.spent, each.held, each.today] for each in plain.agreement.funders.values()]
        balances = {" ".join(name): minor for name, minor in plain.books.accounts.items() if minor}
        assert msgspec.json.decode(accounts) == balances
        assert sum(balances.values()) == 0
        assert sent == self.sent
        assert bought == sorted(count for count in plain.bought.values() if count)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            if self.pending:
                self.end_holds(settled=True)
            for each in list(self.disputes):
                self._decide(each, won=True, fee=0)
            lapsed = self._lapsed()
            assert self.run(self.desk.settle_pending(self.clock.now_us())) == len(lapsed)
            self._drop(lapsed)
            for waiting in list(self.asked):
                self._end_exchange(waiting, "paid")
            for order_id, sale in self.paid:
                self._take_back(order_id, sale, "return", "everything", 100, shipping=True, restock=True)
            self.everything_is_as_the_plain_model_says()
            # Of disputes their fees stay, and what a bank took twice.
            stays = {minor for (_, purpose), minor in self.plain.books.accounts.items() if purpose not in DISPUTED}
            assert not any(stays)
            assert not any(each.spent or each.held for each in self.plain.agreement.funders.values())
            type(self).ended += 1
        finally:
            self.run(self.desk.stop())


def test_orders_are_what_a_plain_model_says(run: Runner) -> None:
    play(Orders, run, settings(max_examples=RUNS, print_blob=True))
    assert Orders.ended >= RUNS


def play(machine: type[Orders], run: Runner, wanted: settings) -> None:
    """Run ``machine`` with the settings ``wanted``. Raises what it finds."""
    machine.run, machine.ended = run, 0
    machine.connection = run(run.database.raw_connection())
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                wanted, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )  # fmt: skip
    finally:
        run(machine.connection.close())
