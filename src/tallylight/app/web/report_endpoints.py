"""Evidence reports over HTTP: list, download, sign, hold, retention. For compliance people and owners alone."""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import IO
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.report_broadcast import (
    Signature,
    report_broadcast,
    shop_of_broadcast,
    sign_report,
    stops_folder,
)
from tallylight.app.flows.reports_list import ReportList, reports_of_shop
from tallylight.app.services import Services
from tallylight.app.web.downloads import attachment
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.compliance.chain import BrokenLink
from tallylight.compliance.evidence import verify_evidence
from tallylight.compliance.record.legal_hold import By, lift_hold, place_hold
from tallylight.compliance.record.retention import set_retention
from tallylight.compliance.report.bundle import write_bundle
from tallylight.compliance.report.document import Document, document_json
from tallylight.compliance.report.render import document_pdf
from tallylight.members.roles import require_role
from tallylight.members.types import Staff

_IN_MEMORY_BYTES = 8 << 20
_CHUNK_BYTES = 256 << 10
_MADE_AT_ONCE = asyncio.Semaphore(2)
"""Setting a long show takes seconds of a core; more at once would only be slower."""


class ChainState(msgspec.Struct):
    """Whether the chain verifies. ``emptied``: entries that retention acts have emptied."""

    intact: bool
    entries: int
    head: str
    emptied: int
    broken: BrokenLink | None


class ReasonPost(msgspec.Struct):
    """Why a hold is placed or lifted."""

    reason: str


class RetentionPut(msgspec.Struct):
    """How long the shop keeps its records."""

    days: int


@get("/api/desk/shops/{shop_id:uuid}/reports")
async def list_reports(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, before: FromQuery[int | None] = None
) -> ReportList:
    """The shop's broadcasts with what is on record of each, newest first."""
    require_role(staff, shop_id, "compliance")
    async with services.database.reading() as connection:
        return await reports_of_shop(connection, shop_id, before_us=before)


@put("/api/desk/shops/{shop_id:uuid}/retention", status_code=204)
async def put_retention(
    shop_id: FromPath[UUID], data: JSONBody[RetentionPut], staff: SignedIn, services: Wired
) -> None:
    """From now on records are kept for so many days."""
    require_role(staff, shop_id, "compliance")
    async with services.database.transaction() as connection:
        await set_retention(connection, shop_id, data.days, set_by=staff.person.id, now_us=services.clock.now_us())


@get("/api/desk/broadcasts/{broadcast_id:uuid}/chain")
async def view_chain(broadcast_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ChainState:
    """Recompute the whole chain now."""
    async with services.database.reading() as connection:
        await _require(connection, staff, broadcast_id)
        found = await verify_evidence(connection, broadcast_id)
    emptied = sum(each.entries for each in found.redactions)
    return ChainState(found.intact, found.entries, found.head, emptied, found.broken)


@get("/api/desk/broadcasts/{broadcast_id:uuid}/report.json")
async def report_json(
    broadcast_id: FromPath[UUID], staff: SignedIn, services: Wired, entries: FromQuery[int | None] = None
) -> Response[bytes]:
    """The report with its chain; ``entries``: how it read over the chain's first so many."""
    document = await _document(services, staff, broadcast_id, entries)
    body = await asyncio.to_thread(document_json, document)
    return Response(body, media_type="application/json", headers=_attachment(document, "json"))


@get("/api/desk/broadcasts/{broadcast_id:uuid}/report.pdf")
async def report_pdf(broadcast_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Response[bytes]:
    """The report to read."""
    document = await _document(services, staff, broadcast_id, None)
    async with _MADE_AT_ONCE:
        body = await asyncio.to_thread(document_pdf, document)
    return Response(body, media_type="application/pdf", headers=_attachment(document, "pdf"))


@get("/api/desk/broadcasts/{broadcast_id:uuid}/report.zip")
async def report_bundle(broadcast_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Stream:
    """The report, the sounds of its stops and the program that checks them."""
    document = await _document(services, staff, broadcast_id, None)
    folder = stops_folder(services.settings.recordings_dir, broadcast_id)
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when it has been sent
    async with _MADE_AT_ONCE:
        await asyncio.to_thread(write_bundle, document, folder, file)
    return Stream(_pieces(file), media_type="application/zip", headers=_attachment(document, "zip"))


@post("/api/desk/broadcasts/{broadcast_id:uuid}/sign", status_code=200)
async def sign(broadcast_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Signature:
    """Sign the report as it stands. 409 while on air, or when the chain is broken."""
    async with services.database.transaction() as connection:
        await _require(connection, staff, broadcast_id)
        return await sign_report(connection, broadcast_id, by=_by(staff), now_us=services.clock.now_us())


@post("/api/desk/broadcasts/{broadcast_id:uuid}/hold", status_code=204)
async def hold(broadcast_id: FromPath[UUID], data: JSONBody[ReasonPost], staff: SignedIn, services: Wired) -> None:
    """Keep everything of this broadcast until the hold is lifted. 409 ``legal_hold`` when it is held already."""
    async with services.database.transaction() as connection:
        await _require(connection, staff, broadcast_id)
        await place_hold(connection, broadcast_id, data.reason, by=_by(staff), now_us=services.clock.now_us())


@post("/api/desk/broadcasts/{broadcast_id:uuid}/hold/lift", status_code=204)
async def lift(broadcast_id: FromPath[UUID], data: JSONBody[ReasonPost], staff: SignedIn, services: Wired) -> None:
    """Lift the hold. 409 ``no_legal_hold`` when there is none."""
    async with services.database.transaction() as connection:
        await _require(connection, staff, broadcast_id)
        await lift_hold(connection, broadcast_id, data.reason, by=_by(staff), now_us=services.clock.now_us())


async def _require(connection: AsyncConnection, staff: Staff, broadcast_id: UUID) -> None:
    require_role(staff, await shop_of_broadcast(connection, broadcast_id), "compliance")


async def _document(services: Services, staff: Staff, broadcast_id: UUID, entries: int | None) -> Document:
    async with services.database.reading() as connection:
        await _require(connection, staff, broadcast_id)
        return await report_broadcast(connection, broadcast_id, entries=entries)


def _by(staff: Staff) -> By:
    return By(staff.person.id, staff.person.name)


def _attachment(document: Document, suffix: str) -> dict[str, str]:
    return attachment(f"evidence-{document.subject.broadcast_id}.{suffix}")


def _pieces(file: "IO[bytes]") -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_CHUNK_BYTES):
            yield piece


HANDLERS = [
    list_reports,
    put_retention,
    view_chain,
    report_json,
    report_pdf,
    report_bundle,
    sign,
    hold,
    lift,
]
