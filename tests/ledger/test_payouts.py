"""Payouts: each closed statement is paid once and exactly, by files that banks can read."""

import asyncio
from io import BytesIO
from typing import Any

import msgspec
import pytest
import xmlschema
from sqlalchemy.exc import DBAPIError

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money
from tallylight.ledger.closed_statements.read import (
    ClosedLine,
    ClosedStatement,
    closed_statement,
)
from tallylight.ledger.payouts.bank_accounts import BankAccount, NewBankAccount, checked_account
from tallylight.ledger.payouts.make_payouts import NothingToPayError
from tallylight.ledger.payouts.pain001 import pain001, plain
from tallylight.ledger.payouts.read import PayoutBatch, batches_of_shop, payout_batch_of
from tallylight.ledger.payouts.return_payout import record_return
from tallylight.ledger.payouts.transfer_csv import transfer_csv
from tests.conftest import Runner
from tests.ledger.closing import END_US, IBAN, SCHEMA, close, name_accounts, pay
from tests.ledger.test_charges import charged_scene
from tests.support.sale import Scene
from tests.support.shop import fetch_value


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
