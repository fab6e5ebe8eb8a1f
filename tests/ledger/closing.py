"""Closing and paying the periods of a scene."""

import subprocess
import sys
from datetime import date
from importlib import resources
from pathlib import Path

from tallylight import ledger
from tallylight.app.flows.close_statements import close_period
from tallylight.ledger.closed_statements.read import ClosedStatement, closed_statement
from tallylight.ledger.payouts.bank_accounts import NewBankAccount, record_bank_account
from tallylight.ledger.payouts.make_payouts import make_payouts
from tallylight.ledger.payouts.read import PayoutBatch, payout_batch_of
from tallylight.ledger.types import PartyKind
from tests.conftest import Runner
from tests.ledger.test_charges import CHARGED_US
from tests.support.sale import Scene
from tests.support.shop import NOW_US

IBAN = "DE89370400440532013000"
END_US = CHARGED_US + 10_000_000
SCHEMA = str(resources.files("sepaxml") / "schemas" / "pain.001.001.09.xsd")
"""Of the transfer files that banks take."""


async def close(run: Runner, scene: Scene, to_us: int = END_US) -> dict[str, ClosedStatement]:
    """The statements that closing made, by the kind of their party."""
    async with run.database.transaction() as connection:
        made = await close_period(
            connection, scene.shop_id, currency="USD", to_us=to_us, closed_by=None, now_us=to_us + 1
        )
    async with run.database.transaction() as connection:
        found = [await closed_statement(connection, scene.shop_id, each) for each in made]
    return {each.closed.party.kind: each for each in found}


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


def check(file: Path, text: str) -> str:
    """What beancount has to say about ``text``: as a process of its own, as its licence (GPL) is not ours."""
    file.write_text(text)
    found = subprocess.run(
        [sys.executable, "-m", "beancount.scripts.check", str(file)], capture_output=True, text=True, check=False
    )
    assert found.returncode in (0, 1), found.stderr
    return found.stdout + found.stderr
