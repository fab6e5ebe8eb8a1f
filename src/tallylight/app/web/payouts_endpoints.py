"""Paying what closed statements say, for finance people and owners: transfer files, what came back, where to pay."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.web.downloads import attachment
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.ids import ShopId
from tallylight.ledger.accounts import ensure_party
from tallylight.ledger.payouts.bank_accounts import NewBankAccount, record_bank_account
from tallylight.ledger.payouts.make_payouts import make_payouts
from tallylight.ledger.payouts.pain001 import pain001
from tallylight.ledger.payouts.read import payout_batch_of
from tallylight.ledger.payouts.return_payout import record_return
from tallylight.ledger.payouts.transfer_csv import transfer_csv
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

BODY_BYTES_MAX = 16 << 10


class PayPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The day that the bank is asked to pay on."""

    pay_on: date


class Paid(msgspec.Struct, frozen=True):
    """A new payout. ``without_account``: who waits because nobody said where to pay them."""

    payout_id: UUID
    payouts: int
    without_account: list[str]


class ReturnPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the bank sent a payout back, in its words."""

    reason: str


@post("/api/office/shops/{shop_id:uuid}/payouts", request_max_body_size=BODY_BYTES_MAX)
async def pay(shop_id: FromPath[UUID], data: JSONBody[PayPost], staff: SignedIn, services: Wired) -> Paid:
    """Pay every closed statement that waits, each exactly what its lines sum to. 409 ``nothing_to_pay``."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        made = await make_payouts(
            connection, shop.id, currency=shop.currency, pay_on=data.pay_on, made_by=staff.person.id,
            now_us=services.clock.now_us(),
        )  # fmt: skip
    return Paid(made.batch_id, made.payouts, list(made.without_account))


@get("/api/office/shops/{shop_id:uuid}/payouts/{payout_id:uuid}/file")
async def payout_file(
    shop_id: FromPath[UUID],
    payout_id: FromPath[UUID],
    staff: SignedIn,
    services: Wired,
    kind: FromQuery[Literal["xml", "csv"]] = "xml",
) -> Response[bytes]:
    """The transfer file: ISO 20022 pain.001.001.09, or CSV. It is the same file each time."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        batch = await payout_batch_of(connection, ShopId(shop_id), payout_id)
    if kind == "xml":
        return Response(pain001(batch), media_type="application/xml", headers=attachment(f"payout-{batch.number}.xml"))
    return Response(
        transfer_csv(batch).encode(),
        media_type="text/csv; charset=utf-8",
        headers=attachment(f"payout-{batch.number}.csv"),
    )


@post(
    "/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}/payout-return",
    status_code=204,
    request_max_body_size=BODY_BYTES_MAX,
)
async def payout_came_back(
    shop_id: FromPath[UUID],
    statement_id: FromPath[UUID],
    data: JSONBody[ReturnPost],
    staff: SignedIn,
    services: Wired,
) -> None:
    """The bank sent the payout back: the statement is payable again. 409 when it is not paid."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        await record_return(
            connection, ShopId(shop_id), statement_id, reason=data.reason, recorded_by=staff.person.id,
            now_us=services.clock.now_us(),
        )  # fmt: skip


@put(
    "/api/office/shops/{shop_id:uuid}/parties/{party_id:uuid}/bank-account",
    status_code=204,
    request_max_body_size=BODY_BYTES_MAX,
)
async def name_bank_account(
    shop_id: FromPath[UUID],
    party_id: FromPath[UUID],
    data: JSONBody[NewBankAccount],
    staff: SignedIn,
    services: Wired,
) -> None:
    """Pay the party there from now on."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        await record_bank_account(
            connection, ShopId(shop_id), party_id, data, recorded_by=staff.person.id, now_us=services.clock.now_us()
        )


@put("/api/office/shops/{shop_id:uuid}/bank-account", status_code=204, request_max_body_size=BODY_BYTES_MAX)
async def name_own_account(
    shop_id: FromPath[UUID], data: JSONBody[NewBankAccount], staff: SignedIn, services: Wired
) -> None:
    """Payouts come from there from now on."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        bank = await ensure_party(connection, ShopId(shop_id), "bank", "Bank")
        await record_bank_account(
            connection, ShopId(shop_id), bank.id, data, recorded_by=staff.person.id, now_us=services.clock.now_us()
        )


HANDLERS = [pay, payout_file, payout_came_back, name_bank_account, name_own_account]
