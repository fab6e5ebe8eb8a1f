"""Closed statements: proven by the database, never changed, opened down to the moment."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight import ledger
from tallylight.app.flows.close_statements import close_period
from tallylight.app.flows.export_statement import statement_csv
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money
from tallylight.ledger import AccountName, LineReversal, NewEntry, NewTransfer
from tallylight.ledger.closed_statements.close import PeriodClosedError
from tallylight.ledger.closed_statements.read import (
    ClosedStatement,
    closed_line_entries,
    closed_statement,
    closed_statements,
)
from tallylight.ledger.payouts.make_payouts import record_collection
from tallylight.ledger.statement_lines import BACK_KINDS, LINES_BY_PARTY
from tests.conftest import Runner
from tests.ledger.closing import END_US, close
from tests.ledger.test_charges import DAY_US, charged_scene, refund, sell
from tests.support.shop import NOW_US, fetch_value


def amounts(closed: ClosedStatement) -> dict[str, int]:
    return {line.key: line.amount.minor for line in closed.statement.lines if line.section != "reference"}


def test_the_worked_statements_of_a_sale_and_a_refund(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await charged_scene(run)
        await refund(run, order_id, LineReversal(1, 2499, 800))
        made = await close(run, scene)
        assert amounts(made["brand"]) == {
            "subtotal_before_discount": 6198, "seller_discount": -800, "refund_of_subtotal": -2499,
            "refund_of_seller_discount": 400, "shipping": 495, "affiliate_commission": -399, "referral_fee": -145,
            "transaction_fee": -178, "co_funded_service_fee": -34, "flash_sale_service_fee": -17,
            "refund_administration_fee": -17, "reserve_withheld": -509, "reserve_released": 170,
        }  # fmt: skip
        references = {
            line.key: line.amount.minor for line in made["brand"].statement.lines if line.section == "reference"
        }
        assert references == {
            "customer_payment": 5093, "customer_refund": -1699, "platform_discount": -480,
            "refund_of_platform_discount": 240, "creator_co_funded_discount": -320,
            "refund_of_creator_co_funded_discount": 160,
        }  # fmt: skip
        assert made["brand"].closed.payable.minor == 2665
        assert amounts(made["creator"]) == {"affiliate_commission": 399, "creator_co_funded_discount": -160}
        assert amounts(made["platform"]) == {
            "referral_fee": 145, "co_funded_service_fee": 34, "flash_sale_service_fee": 17,
            "refund_administration_fee": 17, "platform_discount": -240,
        }  # fmt: skip
        # What the customer paid and got back, less the provider's fee and what is held, is what the parties get.
        assert sum(each.closed.payable.minor for each in made.values()) == 5093 - 1699 - 178 - 339
        async with run.database.transaction() as connection:
            for each in made.values():
                for line in each.statement.lines:
                    entries = await closed_line_entries(connection, scene.shop_id, each.closed.id, line.key)
                    assert sum(entry.amount.minor for entry in entries) == line.amount.minor
                    assert {(entry.order_id, entry.at_us) for entry in entries} == {(order_id, NOW_US)}
                with pytest.raises(NotFoundError):
                    await closed_line_entries(connection, scene.shop_id, each.closed.id, "nothing")
            with pytest.raises(NotFoundError):
                await closed_statement(connection, scene.shop_id, new_id())
            text = await statement_csv(connection, scene.shop_id, made["brand"].closed.id)
        rows = [row.split(",") for row in text.splitlines()[1:]]
        assert sum(int(row[4].replace(".", "")) for row in rows if row[3] != "reference") == 2665
        assert {row[6] for row in rows if row[9]} == {"1001"}

    run(go())


def test_every_entry_of_a_party_falls_under_exactly_one_line() -> None:
    for kind, rules in LINES_BY_PARTY.items():
        mine = [rule for rule in rules if rule.section != "reference"]
        assert len({rule.key for rule in rules}) == len(rules)
        assert {rule.party_kind for rule in mine} == {kind}
        for purpose in {rule.purpose for rule in mine}:
            for back in (False, True):
                assert len([rule for rule in mine if rule.takes(purpose, back)]) == 1
    assert "sale" not in BACK_KINDS


def test_what_comes_late_is_in_the_next_statement_and_a_debt_is_carried(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await charged_scene(run)
        first = await close(run, scene)
        assert first["platform"].closed.payable.minor == -480 + 230 + 68 + 34
        # Posted now, at a time that is closed: a late entry.
        await refund(run, order_id, LineReversal(1, 2499, 800))
        second = await close(run, scene, END_US + DAY_US)
        assert second["platform"].closed.number == 2
        assert amounts(second["platform"])["carried_forward"] == -148
        assert second["brand"].closed.from_ == first["brand"].closed.to
        assert "carried_forward" not in amounts(second["brand"])
        assert amounts(second["brand"])["refund_of_subtotal"] == -2499
        async with run.database.transaction() as connection:
            states = {
                (line.party.kind, line.number): line.state
                for line in await closed_statements(connection, scene.shop_id)
            }
        assert (states["platform", 1], states["platform", 2], states["brand", 1]) == ("carried", "owed", "to_pay")
        async with run.database.transaction() as connection:
            for statement_id, error in (
                (first["platform"].closed.id, ConflictError),
                (first["brand"].closed.id, ConflictError),
                (new_id(), NotFoundError),
            ):
                with pytest.raises(error):
                    await record_collection(
                        connection, scene.shop_id, statement_id, note="wire", recorded_by=None, now_us=END_US
                    )
            await record_collection(
                connection, scene.shop_id, second["platform"].closed.id, note="wire", recorded_by=None, now_us=END_US
            )
            with pytest.raises(ConflictError):
                await record_collection(
                    connection,
                    scene.shop_id,
                    second["platform"].closed.id,
                    note="wire",
                    recorded_by=None,
                    now_us=END_US,
                )
        third = await close(run, scene, END_US + 2 * DAY_US)
        assert "platform" not in third

    run(go())


def test_a_period_is_closed_once_and_when_it_is_over(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError):
                await close_period(
                    connection, scene.shop_id, currency="USD", to_us=END_US, closed_by=None, now_us=END_US - 1
                )
        await close(run, scene)
        with pytest.raises(PeriodClosedError):
            await close(run, scene)
        with pytest.raises(PeriodClosedError):
            await close(run, scene, END_US - 1)
        # Nothing happened since: nobody gets an empty statement, but the platform's debt is carried.
        assert set(await close(run, scene, END_US + DAY_US)) == {"platform"}

    run(go())


def test_currencies_do_not_mix(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        async with run.database.transaction() as connection:
            parties = [
                await ledger.ensure_party(connection, scene.shop_id, "brand", "Fern & Co"),
                await ledger.ensure_party(connection, scene.shop_id, "platform", "Market"),
            ]
            names = [AccountName(each.id, "adjustment", "EUR") for each in parties]
            ids = await ledger.ensure_accounts(connection, names)
            entries = (NewEntry(ids[names[0]], "EUR", -700), NewEntry(ids[names[1]], "EUR", 700))
            new = NewTransfer(
                id=new_id(), shop_id=scene.shop_id, kind="adjustment", description="Euro", entries=entries,
                posted_us=NOW_US,
            )  # fmt: skip
            await ledger.post_transfers(connection, [new])
        dollars = await close(run, scene)
        assert "adjustment" not in amounts(dollars["brand"])
        async with run.database.transaction() as connection:
            made = await close_period(
                connection, scene.shop_id, currency="EUR", to_us=END_US, closed_by=None, now_us=END_US
            )
            euros = [await closed_statement(connection, scene.shop_id, each) for each in made]
        assert {(each.closed.party.kind, each.closed.number, each.closed.payable) for each in euros} == {
            ("brand", 1, Money(700, "EUR")), ("platform", 1, Money(-700, "EUR")),
        }  # fmt: skip
        assert {line.amount.currency for each in euros for line in each.statement.lines} == {"EUR"}

    run(go())


def test_two_who_close_at_once_close_once(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        results = await asyncio.gather(*(close(run, scene) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(each, dict) for each in results) == 1
        assert sum(isinstance(each, PeriodClosedError) for each in results) == 3
        count = "select count(*) = (select count(*) from entry) - 3 from statement_item"
        # All entries but the processor's two (payment, fee) and the reserve's custody.
        assert await fetch_value(run.database, count)

    run(go())


def test_sales_that_commit_while_a_period_closes_are_in_one_statement_each(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        await asyncio.gather(close(run, scene, END_US), *(sell(run, scene) for _ in range(3)))
        await close(run, scene, END_US + DAY_US)
        missed = (
            "select count(*) from entry as e join account as a on a.id = e.account_id join party as p"
            " on p.id = a.party_id where p.kind in ('brand', 'platform', 'creator') and a.purpose <> 'reserve_held'"
            " and not exists (select from statement_item as i where (i.transfer_id, i.entry_line)"
            " = (e.transfer_id, e.line))"
        )
        assert await fetch_value(run.database, missed) == 0
        total = "select sum(payable_minor - carried_minor) from statement"
        assert await fetch_value(run.database, total) == 4 * (5093 - 178 - 509)

    run(go())


ATTACKS = (
    ("update statement set payable_minor = payable_minor + 1", "append-only"),
    ("update statement_line set amount_minor = 0", "append-only"),
    ("delete from statement_item", "append-only"),
    ("truncate statement cascade", "append-only"),
    ("insert into statement_line select statement_id, 99, 'x', 'x', 'x', 'fees', 5, 0 from statement_line limit 1",
     "never changes"),
    ("insert into statement_item select gen_random_uuid(), 1, statement_id, key from statement_item limit 1",
     "never changes"),
)  # fmt: skip


def test_a_closed_statement_never_changes(run: Runner) -> None:
    scene, _ = run(charged_scene(run))
    run(close(run, scene))
    for sql, problem in ATTACKS:
        with pytest.raises(DBAPIError, match=problem):
            run(fetch_value(run.database, sql))


NEW_STATEMENT = (
    "insert into statement select cast(:id as uuid), shop_id, party_id, number + 1, currency, "
    "{from_us}, to_us + 5, closed_us,"
    " null, {lines}, {items}, {carried}, {payable} from statement where party_id in (select id from party"
    " where kind = 'brand')"
)
NEW_LINE = "insert into statement_line values (:id, 1, 'adjustment', 'x', 'x', 'adjustments', {amount}, 0)"
STOLEN = (
    "insert into statement_item select e.transfer_id, e.line, cast(:id as uuid), 'adjustment' from entry as e"
    " where not exists (select from statement_item as i where i.transfer_id = e.transfer_id and i.entry_line = e.line)"
)


WRONG: tuple[tuple[dict[str, str | int], int | None, bool, str], ...] = (
    ({"lines": 1}, None, False, "with all of its lines"),
    ({"lines": 1, "items": 1}, 5, False, "with all of its lines"),
    ({"lines": 1, "payable": 5}, 5, False, "not the sum of its items"),
    ({"payable": 5}, None, False, "not the sum of its lines"),
    ({"carried": -5, "payable": -5}, None, False, "not the sum of its lines"),
    ({"from_us": "to_us + 1"}, None, False, "begins where"),
    ({"lines": 1, "items": 3}, 0, True, "entries of its party"),
)


def test_the_database_proves_a_statement_when_it_is_closed(run: Runner) -> None:
    async def attack(values: dict[str, str | int], line: int | None, item: bool) -> None:
        given = {"from_us": "to_us", "lines": 0, "items": 0, "carried": 0, "payable": 0} | values
        async with run.database.transaction() as connection:
            named = {"id": new_id()}
            if line is not None:
                await connection.execute(sa.text(NEW_LINE.format(amount=line)), named)
            if item:
                await connection.execute(sa.text(STOLEN), named)
            await connection.execute(sa.text(NEW_STATEMENT.format(**given)), named)

    scene, _ = run(charged_scene(run))
    run(close(run, scene))
    for values, line, item, problem in WRONG:
        with pytest.raises(DBAPIError, match=problem):
            run(attack(values, line, item))
