"""Brings a CSV file into the library, and hands the library out as one.

A row is known by its product, market and wording: known rows are brought up to date, others are new claims. A row in
another state than draft is put there, step by step, in the name of whoever imports; so the caller says whether they
may approve. The same file again changes nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.compliance.library.claims_csv import ClaimRow, RowProblem, parse_claims, write_claims
from tallylight.compliance.library.draft_claim import draft_claim, revise_claim
from tallylight.compliance.library.models import claim, claim_version
from tallylight.compliance.library.queries import claims_of_shop
from tallylight.compliance.library.review_claim import decide_claim, submit_claim, withdraw_claim
from tallylight.compliance.library.steps import newest_version
from tallylight.compliance.library.types import ClaimContent
from tallylight.foundation.errors import ForbiddenError, TallyError

_FROM_FILE = "imported from a file"

_Key = tuple[UUID | None, str, str]


class ClaimImport(msgspec.Struct, frozen=True):
    """What an import did; figures count rows."""

    imported: int
    updated: int
    unchanged: int
    skipped_rows: list[RowProblem]


async def import_claims(
    connection: AsyncConnection, shop_id: UUID, body: bytes, *, may_approve: bool, by: UUID | None, at: datetime
) -> ClaimImport:
    """Bring ``body`` in. Bad rows are reported by line; InvalidInputError when the whole file cannot be read."""
    parsed = parse_claims(body)
    handles = await _handles(connection, shop_id)
    known = await _known(connection, shop_id)
    counts = {"imported": 0, "updated": 0, "unchanged": 0}
    skipped = list(parsed.problems)
    for line, row in parsed.rows:
        problem = _problem(row, handles)
        if problem is None:
            try:
                async with connection.begin_nested():
                    counts[await _take(connection, shop_id, row, handles, known, may_approve, by, at)] += 1
            except TallyError as error:
                problem = error.message
        if problem is not None:
            skipped.append(RowProblem(line, problem))
    skipped.sort(key=lambda each: each.line)
    return ClaimImport(**counts, skipped_rows=skipped)


async def export_claims(connection: AsyncConnection, shop_id: UUID, at: datetime) -> str:
    """The library as CSV: of each claim the version in force and the newest, sorted, so that equal libraries give
    equal files.
    """
    names = {product_id: handle for handle, product_id in (await _handles(connection, shop_id)).items()}
    rows = []
    for card in await claims_of_shop(connection, shop_id, at):
        handle = names.get(card.product_id) if card.product_id is not None else None
        if card.product_id is not None and handle is None:
            continue  # the product is gone, and a row without it would be the whole brand's
        versions = {each.version: each for each in (card.in_force, card.latest) if each is not None}
        rows += [
            ClaimRow(handle, card.market, msgspec.structs.replace(each.content, file_id=None), each.state)
            for each in versions.values()
        ]
    rows.sort(key=lambda row: (row.product or "", row.market, row.content.wording, row.state))
    return write_claims(rows)


def _problem(row: ClaimRow, handles: dict[str, UUID]) -> str | None:
    if row.product is not None and row.product not in handles:
        return f"there is no product with the handle {row.product!r} in this shop"
    if row.state == "superseded":
        return "a superseded version is history and is not imported"
    return None


def _require_may(row: ClaimRow, may_approve: bool) -> None:
    if row.state not in ("draft", "review") and not may_approve:
        raise ForbiddenError(f"the state {row.state} needs the role compliance; import it as draft or review")


async def _take(
    connection: AsyncConnection,
    shop_id: UUID,
    row: ClaimRow,
    handles: dict[str, UUID],
    known: dict[_Key, UUID],
    may_approve: bool,
    by: UUID | None,
    at: datetime,
) -> str:
    product_id = None if row.product is None else handles[row.product]
    key = (product_id, row.market, row.content.wording.casefold())
    if key not in known:
        _require_may(row, may_approve)
        known[key] = await draft_claim(connection, shop_id, product_id, row.content, market=row.market, by=by, at=at)
        await _bring_to(connection, known[key], row.state, by, at)
        return "imported"
    claim_id = known[key]
    if any(
        version.state == row.state and _says(version, row.content) for version in await _current(connection, claim_id)
    ):
        return "unchanged"
    _require_may(row, may_approve)
    newest = await newest_version(connection, claim_id)
    if newest.state not in ("draft", "review") or not _says(newest, row.content):
        content = msgspec.structs.replace(row.content, file_id=newest.file_id)
        await revise_claim(connection, claim_id, content, revision=newest.revision, by=by, at=at)
    await _bring_to(connection, claim_id, row.state, by, at)
    return "updated"


async def _bring_to(connection: AsyncConnection, claim_id: UUID, state: str, by: UUID | None, at: datetime) -> None:
    """Step the newest version, a draft or in review, on to ``state``."""
    newest = await newest_version(connection, claim_id)
    if state == "draft" or newest.state == state:
        return
    if newest.state == "draft":
        await submit_claim(connection, claim_id, revision=newest.revision, by=by, at=at, comment=_FROM_FILE)
        newest = await newest_version(connection, claim_id)
    if state == "review":
        return
    approve = state in ("approved", "withdrawn")
    await decide_claim(
        connection, claim_id, approve=approve, revision=newest.revision, by=by, at=at, comment=_FROM_FILE
    )
    if state == "withdrawn":
        await withdraw_claim(connection, claim_id, by=by, at=at, comment=_FROM_FILE)


async def _handles(connection: AsyncConnection, shop_id: UUID) -> dict[str, UUID]:
    rows = await connection.execute(sa.select(product.c.handle, product.c.id).where(product.c.shop_id == shop_id))
    return {row.handle: row.id for row in rows}


async def _known(connection: AsyncConnection, shop_id: UUID) -> dict[_Key, UUID]:
    """Claims by what a row is known by: every version's wording, a newer version's before an older one's."""
    rows = await connection.execute(
        sa.select(claim.c.id, claim.c.product_id, claim.c.market, claim_version.c.wording)
        .join(claim_version, claim_version.c.claim_id == claim.c.id)
        .where(claim.c.shop_id == shop_id, claim_version.c.state != "superseded")
        .order_by(claim_version.c.version)
    )
    return {(row.product_id, row.market, row.wording.casefold()): row.id for row in rows}


async def _current(connection: AsyncConnection, claim_id: UUID) -> list[sa.Row[Any]]:
    rows = await connection.execute(
        sa.select(claim_version).where(claim_version.c.claim_id == claim_id, claim_version.c.state != "superseded")
    )
    return list(rows)


def _says(version: sa.Row[Any], content: ClaimContent) -> bool:
    return (version.wording, version.disclaimer, version.disclaimer_within_s, version.expires_at) == (
        content.wording,
        content.disclaimer,
        content.disclaimer_within_s,
        content.expires_at,
    )
