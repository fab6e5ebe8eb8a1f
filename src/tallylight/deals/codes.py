"""Codes that buyers type: their hashes, making them, looking them up."""

import hashlib
import re
import secrets
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealStateError
from tallylight.deals.facts import VoucherFact
from tallylight.deals.models import deal, voucher_code
from tallylight.deals.priority import CODE_FORMS
from tallylight.deals.queries import locked_deal
from tallylight.deals.types import Audience, Conditions
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import DealId, ShopId

CODE_MAX = 40
CODES_A_CALL = 10_000
CODES_A_DEAL = 100_000
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}")
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_DRAWN = 12
"""Letters and figures that nobody mixes up; twelve of them are 59 bits: nobody guesses one."""


class CodeTakenError(ConflictError):
    """The shop has that code already."""

    code = "code_taken"


def normal_code(code: str) -> str:
    """As it is compared: capitals, without spaces around it."""
    return code.strip().upper()


def code_hash(shop_id: UUID, code: str) -> bytes:
    """What is stored of a code. A code is worth money, so that a copy of the table must not be."""
    return hashlib.sha256(b"code" + shop_id.bytes + normal_code(code).encode()).digest()


async def add_code(connection: AsyncConnection, shop_id: ShopId, deal_id: DealId, code: str) -> None:
    """A code that everybody may know. Raises InvalidInputError, CodeTakenError."""
    wanted = normal_code(code)
    if not _CODE.fullmatch(wanted):
        message = f"a code has 3 to {CODE_MAX} letters, figures and hyphens, such as MINA10"
        raise InvalidInputError(message, field="code")
    row = {"shop_id": shop_id, "code_hash": code_hash(shop_id, wanted), "deal_id": deal_id, "code": wanted}
    try:
        async with connection.begin_nested():
            await connection.execute(voucher_code.insert().values(row))
    except IntegrityError as error:
        raise CodeTakenError(f"the code {wanted} is taken; choose another", field="code") from error


async def make_codes(connection: AsyncConnection, deal_id: DealId, count: int, *, prefix: str = "") -> list[str]:
    """``count`` codes for one use each. They are told once, here; only their hashes are kept.

    Raises InvalidInputError, NotFoundError, DealStateError once the deal is over or when it is not one by code.
    """
    row = await locked_deal(connection, deal_id)
    if row.form not in CODE_FORMS or row.state == "ended":
        raise DealStateError(f"{row.title!r} takes no more codes: it is over, or no deal by code")
    start = normal_code(prefix)
    if start and not re.fullmatch(r"[A-Z0-9]{1,12}", start):
        raise InvalidInputError("a prefix has 1 to 12 letters and figures", field="prefix")
    many = sa.select(sa.func.count()).where(voucher_code.c.deal_id == deal_id)
    there = (await connection.execute(many)).scalar_one()
    if not 1 <= count <= CODES_A_CALL or there + count > CODES_A_DEAL:
        message = f"make 1 to {CODES_A_CALL} codes at a time, {CODES_A_DEAL} in all for one deal"
        raise InvalidInputError(message, field="count")
    drawn = ["".join(secrets.choice(_ALPHABET) for _ in range(_DRAWN)) for _ in range(count)]
    codes = [f"{start}-{each}" if start else each for each in drawn]
    rows = [
        {"shop_id": row.shop_id, "code_hash": code_hash(row.shop_id, each), "deal_id": deal_id, "uses_max": 1}
        for each in codes
    ]
    await connection.execute(voucher_code.insert(), rows)
    return codes


async def find_code(connection: AsyncConnection, shop_id: ShopId, code: str) -> tuple[VoucherFact, Audience]:
    """What the code stands for, and for whom (``Conditions.audience``). A code that nobody knows has a problem."""
    wanted = code_hash(shop_id, code[: CODE_MAX * 2])
    row = (
        await connection.execute(
            sa.select(voucher_code.c.deal_id, voucher_code.c.uses_max, deal.c.conditions)
            .join(deal, deal.c.id == voucher_code.c.deal_id)
            .where(voucher_code.c.shop_id == shop_id, voucher_code.c.code_hash == wanted)
        )
    ).one_or_none()
    if row is None:
        return VoucherFact(None, wanted, problem="this code is not known"), "everyone"
    return VoucherFact(row.deal_id, wanted, row.uses_max), msgspec.convert(row.conditions, Conditions).audience
