"""Where a party is paid: an IBAN, or an American account number with its routing number."""

from typing import Any
from uuid import UUID

import msgspec
import schwifty
import sqlalchemy as sa
from schwifty.exceptions import SchwiftyException
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.ledger.models import party
from tallylight.ledger.payouts.models import bank_account

HOLDER_MAX = 70


class NewBankAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``iban`` with an optional ``bic``, or ``account_number`` with ``routing_number`` (United States)."""

    holder: str
    iban: str | None = None
    bic: str | None = None
    account_number: str | None = None
    routing_number: str | None = None


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A checked bank account. ``country``: ISO 3166-1 alpha-2."""

    id: int
    holder: str
    iban: str | None
    bic: str | None
    account_number: str | None
    routing_number: str | None
    country: str

    @property
    def hint(self) -> str:
        """Enough to recognise it by, not enough to use it: ``DE… 3000``."""
        number = self.iban or self.account_number or ""
        return f"{self.country}… {number[-4:]}"


async def record_bank_account(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    new: NewBankAccount,
    *,
    recorded_by: UUID | None,
    now_us: int,
) -> BankAccount:
    """Pay the party there from now on.

    What was paid before keeps its account. Raises InvalidInputError, NotFoundError.
    """
    found = await connection.execute(sa.select(party.c.id).where(party.c.id == party_id, party.c.shop_id == shop_id))
    if found.first() is None:
        raise NotFoundError("there is no such party")
    values = checked_account(new)
    made = await connection.execute(
        bank_account.insert()
        .values(party_id=party_id, recorded_by=recorded_by, recorded_us=now_us, **values)
        .returning(bank_account)
    )
    return _account(made.one())


async def newest_accounts(connection: AsyncConnection, party_ids: list[UUID]) -> dict[UUID, BankAccount]:
    """By party, the account it is paid to now."""
    rows = await connection.execute(
        sa.select(bank_account)
        .where(bank_account.c.party_id.in_(party_ids))
        .ext(distinct_on(bank_account.c.party_id))
        .order_by(bank_account.c.party_id, bank_account.c.id.desc())
    )
    return {row.party_id: _account(row) for row in rows}


async def accounts_by_id(connection: AsyncConnection, ids: list[int]) -> dict[int, BankAccount]:
    """The accounts as they were when they were used."""
    rows = await connection.execute(sa.select(bank_account).where(bank_account.c.id.in_(ids)))
    return {row.id: _account(row) for row in rows}


def checked_account(new: NewBankAccount) -> dict[str, str | None]:
    """``new`` as the table's columns, normalised. Raises InvalidInputError naming the field."""
    holder = " ".join(new.holder.split())
    if not 1 <= len(holder) <= HOLDER_MAX:
        raise InvalidInputError(f"an account holder's name has 1 to {HOLDER_MAX} letters", field="holder")
    if (new.iban is None) == (new.account_number is None):
        raise InvalidInputError("give an IBAN, or an account number with its routing number", field="iban")
    if new.iban is not None:
        return {"holder": holder, **_checked_iban(new.iban, new.bic), "account_number": None, "routing_number": None}
    number, routing = (new.account_number or "").strip(), (new.routing_number or "").strip()
    if not (number.isascii() and number.isdigit() and 4 <= len(number) <= 17):
        raise InvalidInputError("an American account number has 4 to 17 digits", field="account_number")
    if not _is_routing_number(routing):
        raise InvalidInputError("that is no routing number: nine digits, the last a check", field="routing_number")
    return {
        "holder": holder, "iban": None, "bic": None,
        "account_number": number, "routing_number": routing, "country": "US",
    }  # fmt: skip


def _checked_iban(iban: str, bic: str | None) -> dict[str, str | None]:
    try:
        checked = schwifty.IBAN(iban)
    except (SchwiftyException, ValueError) as error:
        raise InvalidInputError("that is no IBAN: check it digit by digit", field="iban") from error
    try:
        code = None if bic is None else str(schwifty.BIC(bic))
    except (SchwiftyException, ValueError) as error:
        raise InvalidInputError("that is no BIC: it has 8 or 11 letters and digits", field="bic") from error
    return {"iban": checked.compact, "bic": code, "country": checked.country_code}


def _is_routing_number(text: str) -> bool:
    """Nine digits whose weighted sum (3, 7, 1 in turn) is a multiple of ten: the ABA's check."""
    if not (text.isascii() and text.isdigit() and len(text) == 9 and text != "000000000"):
        return False
    return sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(text)) % 10 == 0


def _account(row: sa.Row[Any]) -> BankAccount:
    found = row._mapping
    return BankAccount(
        id=found["id"], holder=found["holder"], iban=found["iban"], bic=found["bic"],
        account_number=found["account_number"], routing_number=found["routing_number"], country=found["country"],
    )  # fmt: skip
