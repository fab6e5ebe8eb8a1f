"""Closed statements: proven by the database, never changed, opened down to the moment, paid once and exactly."""

import asyncio
import subprocess
import sys
from datetime import date
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
import xmlschema
from sqlalchemy.exc import DBAPIError

from tallylight import ledger
from tallylight.app.flows.close_statements import close_period
from tallylight.app.flows.export_statement import statement_csv
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money
from tallylight.ledger import AccountName, LineReversal, NewEntry, NewTransfer
from tallylight.ledger.beancount import beancount_lines
from tallylight.ledger.closed_statements.close import PeriodClosedError
from tallylight.ledger.closed_statements.read import (
    ClosedLine,
    ClosedStatement,
    closed_line_entries,
    closed_statement,
    closed_statements,
)
from tallylight.ledger.payouts.bank_accounts import BankAccount, NewBankAccount, checked_account, record_bank_account
from tallylight.ledger.payouts.make_payouts import NothingToPayError, make_payouts, record_collection
from tallylight.ledger.payouts.pain001 import pain001, plain
from tallylight.ledger.payouts.read import PayoutBatch, batches_of_shop, payout_batch_of
from tallylight.ledger.payouts.return_payout import record_return
from tallylight.ledger.payouts.transfer_csv import transfer_csv
from tallylight.ledger.statement_lines import BACK_KINDS, LINES_BY_PARTY
from tallylight.ledger.types import PartyKind
from tests.conftest import Runner
from tests.ledger.test_charges import CHARGED_US, DAY_US, charged_scene, refund, sell
from tests.support.sale import Scene
from tests.support.shop import NOW_US, fetch_value

IBAN = "DE89370400440532013000"
END_US = CHARGED_US + 10_000_000


async def close(run: Runner, scene: Scene, to_us: int = END_US) -> dict[str, ClosedStatement]:
    """The statements that closing made, by the kind of their party."""
    async with run.database.transaction() as connection:
        made = await close_period(
            connection, scene.shop_id, currency="USD", to_us=to_us, closed_by=None, now_us=to_us + 1
        )
    async with run.database.transaction() as connection:
        found = [await closed_statement(connection, scene.shop_id, each) for each in made]
    return {each.closed.party.kind: each for each in found}


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


async def name_accounts(run: Runner, scene: Scene, *kinds: PartyKind) -> None:
    async with run.database.transaction() as connection:
        for kind in kinds:
            party = await ledger.ensure_party(
                connection,
                scene.shop_id,
                kind,
                {"bank": "Bank", "creator": "Mina Park"}.get(kind, kind),
            )
            new = NewBankAccount(holder="Jürgen Ölmühle & Søn / GmbH", iban=IBAN, bic="COBADEFFXXX")
            if kind == "creator":
                new = NewBankAccount(holder="Mina Park", account_number="0012345678", routing_number="021000021")
            await record_bank_account(connection, scene.shop_id, party.id, new, recorded_by=None, now_us=NOW_US)


async def pay(run: Runner, scene: Scene) -> PayoutBatch:
    async with run.database.transaction() as connection:
        made = await make_payouts(
            connection, scene.shop_id, currency="USD", pay_on=date(2025, 7, 1), made_by=None, now_us=END_US + 2
        )
    async with run.database.transaction() as connection:
        return await payout_batch_of(connection, scene.shop_id, made.batch_id)


def test_a_statement_is_paid_once_exactly_and_empties_its_accounts(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        made = await close(run, scene)
        with pytest.raises(NothingToPayError, match="come from"):
            await pay(run, scene)
        await name_accounts(run, scene, "bank")
        with pytest.raises(NothingToPayError, match="Mina Park"):
            await pay(run, scene)
        await name_accounts(run, scene, "creator")
        first = await pay(run, scene)
        assert [(line.party_name, line.amount) for line in first.payouts] == [
            ("Mina Park", made["creator"].closed.payable)
        ]
        with pytest.raises(NothingToPayError, match=r"Fern & Co"):
            await pay(run, scene)
        await name_accounts(run, scene, "brand")
        results = await asyncio.gather(*(pay(run, scene) for _ in range(4)), return_exceptions=True)
        paid = [each for each in results if isinstance(each, PayoutBatch)]
        assert len(paid) == 1
        assert paid[0].total == made["brand"].closed.payable
        async with run.database.transaction() as connection:
            assert [each.number for each in await batches_of_shop(connection, scene.shop_id)] == [2, 1]
            with pytest.raises(NotFoundError):
                await payout_batch_of(connection, scene.shop_id, new_id())
        for kind in ("brand", "creator"):
            sum_of = (
                "select sum(amount_minor) from entry as e join account as a on a.id = e.account_id join party as p"
                f" on p.id = a.party_id where p.kind = '{kind}' and a.purpose <> 'reserve_held'"
            )
            assert await fetch_value(run.database, sum_of) == 0
        for sql, problem in (
            ("update payout set amount_minor = 1", "append-only"),
            ("insert into payout select s.id, batch_id, gen_random_uuid(), bank_account_id, 148, 'x'"
             " from payout, statement as s where s.payable_minor < 0 limit 1",
             "exactly what its statement says"),
            ("insert into collection select id, gen_random_uuid(), 148, 'x', 0, null from statement where payable_minor"
             " < 0", "exactly what its statement says"),
            ("delete from bank_account", "append-only"),
        ):  # fmt: skip
            with pytest.raises(DBAPIError, match=problem):
                await fetch_value(run.database, sql)

    run(go())


async def came_back(run: Runner, scene: Scene, closed: ClosedStatement, reason: str = "Account closed") -> None:
    async with run.database.transaction() as connection:
        await record_return(
            connection, scene.shop_id, closed.closed.id, reason=reason, recorded_by=None, now_us=END_US + 3
        )


async def line_of(run: Runner, scene: Scene, closed: ClosedStatement) -> ClosedLine:
    async with run.database.transaction() as connection:
        return (await closed_statement(connection, scene.shop_id, closed.closed.id)).closed


PAID_OUT = (
    "select coalesce(sum(amount_minor), 0)::int from entry as e join account as a on a.id = e.account_id"
    " join party as p on p.id = a.party_id where p.kind = 'creator' and a.purpose = 'payout'"
)


def test_what_the_bank_sends_back_is_payable_again_and_paid_once_more(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        made = (await close(run, scene))["creator"]
        payable = made.closed.payable
        await name_accounts(run, scene, "bank", "creator")
        with pytest.raises(ConflictError, match="not paid"):
            await came_back(run, scene, made)
        first = await pay(run, scene)
        file = pain001(first)
        for reason in ("", "x" * 141):
            with pytest.raises(InvalidInputError):
                await came_back(run, scene, made, reason)
        told = await asyncio.gather(*(came_back(run, scene, made) for _ in range(4)), return_exceptions=True)
        assert sorted(type(each).__name__ for each in told) == ["ConflictError"] * 3 + ["NoneType"]
        line = await line_of(run, scene, made)
        assert (line.state, line.payout_number, line.returned) == ("to_pay", None, "Account closed")
        assert await fetch_value(run.database, PAID_OUT) == 0
        results = await asyncio.gather(*(pay(run, scene) for _ in range(4)), return_exceptions=True)
        paid = [each for each in results if isinstance(each, PayoutBatch)]
        assert len(paid) == 1
        second = paid[0]
        assert (second.total, second.number) == (payable, 2)
        # Another transfer to both banks, while the first file stays what it was.
        assert first.payouts[0].reference != second.payouts[0].reference
        async with run.database.transaction() as connection:
            assert pain001(await payout_batch_of(connection, scene.shop_id, first.id)) == file
            batches = await batches_of_shop(connection, scene.shop_id)
        assert [(each.number, each.returned) for each in batches] == [(2, 0), (1, 1)]
        line = await line_of(run, scene, made)
        assert (line.state, line.payout_number) == ("paid", 2)
        assert await fetch_value(run.database, PAID_OUT) == payable.minor

    run(go())


def test_the_database_itself_pays_no_statement_twice_and_takes_back_what_was_paid(run: Runner) -> None:
    async def go() -> None:
        scene, _ = await charged_scene(run)
        made = (await close(run, scene))["creator"]
        await name_accounts(run, scene, "bank", "creator")
        await pay(run, scene)
        again = (
            "insert into payout (statement_id, nth, batch_id, transfer_id, bank_account_id, amount_minor, reference)"
            " select statement_id, {nth}, batch_id, {transfer}, bank_account_id, amount_minor, 'again' from payout"
        )
        for sql, problem in (
            (again.format(nth=1, transfer="gen_random_uuid()"), "pk_payout"),
            (again.format(nth=2, transfer="gen_random_uuid()"), "exactly what its statement|only when its payout"),
            ("insert into payout_return select statement_id, 1, transfer_id, 'x', 0, null from payout",
             "exactly what was paid"),
            ("update payout set nth = 2", "append-only"),
        ):  # fmt: skip
            with pytest.raises(DBAPIError, match=problem):
                await fetch_value(run.database, sql)
        await came_back(run, scene, made)
        for sql in ("update payout_return set reason = 'y'", "delete from payout_return"):
            with pytest.raises(DBAPIError):
                await fetch_value(run.database, sql)

    run(go())


SCHEMA = str(resources.files("sepaxml") / "schemas" / "pain.001.001.09.xsd")
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def test_the_transfer_file_is_valid_and_says_what_is_paid(run: Runner) -> None:
    async def go() -> PayoutBatch:
        scene, _ = await charged_scene(run)
        await close(run, scene)
        await name_accounts(run, scene, "bank", "brand", "creator")
        return await pay(run, scene)

    paid = run(go())
    schema = xmlschema.XMLSchema(SCHEMA)
    for currency in ("USD", "EUR", "JPY"):
        batch = in_currency(paid, currency)
        text = pain001(batch)
        schema.validate(BytesIO(text))
        found: Any = schema.to_dict(BytesIO(text))
        info = found["CstmrCdtTrfInitn"]["PmtInf"][0]
        amounts_said = [str(each["Amt"]["InstdAmt"]["$"]) for each in info["CdtTrfTxInf"]]
        assert amounts_said == [line.amount.decimal() for line in batch.payouts]
        assert str(info["CtrlSum"]) == batch.total.decimal()
        assert info["Dbtr"]["Nm"] == "Jurgen Olmuhle Son / GmbH"
        assert ("PmtTpInf" in info) == (currency == "EUR")
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            schema.validate(BytesIO(text.replace(IBAN.encode(), IBAN[:-1].encode() + b"!", 1)))
        rows = transfer_csv(batch).splitlines()
        assert len(rows) == 1 + len(batch.payouts)
        assert rows[1].split(",")[8] == amounts_said[0]


def in_currency(batch: PayoutBatch, currency: str) -> PayoutBatch:
    """The batch as it would be in another currency; in euro all accounts have an IBAN."""

    def account(old: BankAccount) -> BankAccount:
        return batch.debtor if currency == "EUR" else old

    lines = [
        msgspec.structs.replace(line, amount=Money(line.amount.minor, currency), account=account(line.account))
        for line in batch.payouts
    ]
    return msgspec.structs.replace(batch, payouts=lines, total=Money(batch.total.minor, currency))


def test_text_for_banks() -> None:
    assert plain("Æther//Straße №5 <b>", 70) == "Aether/Strasse No5 b"
    assert plain("日本", 70) == "RiBen"
    assert plain("🎉" * 3, 5) != ""
    assert plain("///", 70) == "NOTPROVIDED"


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewBankAccount(holder="A", iban="DE89370400440532013001"), "iban"),
        (NewBankAccount(holder="A", iban=IBAN, bic="NOPE"), "bic"),
        (NewBankAccount(holder=" ", iban=IBAN), "holder"),
        (NewBankAccount(holder="A"), "iban"),
        (NewBankAccount(holder="A", iban=IBAN, account_number="12345"), "iban"),
        (NewBankAccount(holder="A", account_number="12a45", routing_number="021000021"), "account_number"),
        (NewBankAccount(holder="A", account_number="12345", routing_number="021000022"), "routing_number"),
    ],
)
def test_what_is_no_bank_account(new: NewBankAccount, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_account(new)
    assert refused.value.fields["field"] == field


def test_the_books_balance_in_beancount_and_a_wrong_cent_does_not(run: Runner, tmp_path: Path) -> None:
    async def go() -> str:
        scene, order_id = await charged_scene(run)
        await refund(run, order_id, LineReversal(1, 2499, 800))
        await close(run, scene)
        await name_accounts(run, scene, "bank", "brand", "creator")
        await pay(run, scene)
        async with run.database.transaction() as connection:
            return "\n".join([line async for line in beancount_lines(connection, scene.shop_id, to_us=END_US + DAY_US)])

    text = run(go()) + "\n"
    assert check(tmp_path / "books.beancount", text) == ""
    assert text.count(" balance ") == text.count(" open ") > 15
    # A cent that wandered between two accounts of a transfer leaves the transfer balanced: the assertions see it.
    wandered = text.replace("  -61.98 USD", "  -61.99 USD", 1).replace("  -4.95 USD", "  -4.94 USD", 1)
    assert "Balance failed" in check(tmp_path / "wandered.beancount", wandered)
    assert "does not balance" in check(tmp_path / "off.beancount", text.replace("  -61.98 USD", "  -61.97 USD", 1))


def check(file: Path, text: str) -> str:
    """What beancount has to say about ``text``: as a process of its own, as its licence (GPL) is not ours."""
    file.write_text(text)
    found = subprocess.run(
        [sys.executable, "-m", "beancount.scripts.check", str(file)], capture_output=True, text=True, check=False
    )
    assert found.returncode in (0, 1), found.stderr
    return found.stdout + found.stderr
