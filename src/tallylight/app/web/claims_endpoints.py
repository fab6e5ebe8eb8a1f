"""The compliance desk before the show: the claims library.

Producers and compliance write and read; approving, rejecting and withdrawing is for compliance.
"""

import asyncio
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.compliance.library.draft_claim import draft_claim, revise_claim
from tallylight.compliance.library.import_claims import ClaimImport, export_claims, import_claims
from tallylight.compliance.library.keep_file import FILE_BYTES_MAX, content_type_of, read_file, record_file, write_file
from tallylight.compliance.library.queries import claim_detail, claims_of_shop, shop_of_claim
from tallylight.compliance.library.review_claim import comment_claim, decide_claim, submit_claim, withdraw_claim
from tallylight.compliance.library.types import ClaimCard, ClaimContent, ClaimDetail
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.errors import NotFoundError
from tallylight.members.roles import require_role, roles_in

IMPORT_BYTES_MAX = 4 << 20


class ClaimPost(msgspec.Struct):
    """A new claim; ``product_id`` None: for the whole brand."""

    wording: str
    product_id: UUID | None = None
    market: str = "us-en"
    disclaimer: str | None = None
    disclaimer_within_s: int | None = None
    expires_at: datetime | None = None


class ClaimPut(msgspec.Struct):
    """What the claim is to say; ``revision``: of the newest version, as it was read."""

    wording: str
    revision: int
    disclaimer: str | None = None
    disclaimer_within_s: int | None = None
    expires_at: datetime | None = None
    file_id: UUID | None = None


class SubmitPost(msgspec.Struct):
    """``revision``: of the newest version, as it was read."""

    revision: int
    comment: str = ""


class ClaimDecision(msgspec.Struct):
    """Approve or reject what was read under ``revision``; a rejection says why."""

    approve: bool
    revision: int
    comment: str = ""


class CommentPost(msgspec.Struct):
    comment: str


class ClaimList(msgspec.Struct):
    claims: list[ClaimCard]


class Uploaded(msgspec.Struct):
    """``id`` goes into the claim as ``file_id``."""

    id: UUID


@get("/api/desk/shops/{shop_id:uuid}/claims")
async def list_claims(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ClaimList:
    """The shop's library."""
    require_role(staff, shop_id, "compliance", "producer")
    async with services.database.reading() as connection:
        return ClaimList(await claims_of_shop(connection, shop_id, to_datetime(services.clock.now_us())))


@post("/api/desk/shops/{shop_id:uuid}/claims", status_code=201)
async def add_claim(
    shop_id: FromPath[UUID], data: JSONBody[ClaimPost], staff: SignedIn, services: Wired
) -> ClaimDetail:
    """A new claim, as a draft."""
    require_role(staff, shop_id, "compliance", "producer")
    at = to_datetime(services.clock.now_us())
    content = ClaimContent(
        wording=data.wording,
        disclaimer=data.disclaimer,
        disclaimer_within_s=data.disclaimer_within_s,
        expires_at=data.expires_at,
    )
    async with services.database.transaction() as connection:
        claim_id = await draft_claim(
            connection, shop_id, data.product_id, content, market=data.market, by=staff.person.id, at=at
        )
        return await claim_detail(connection, claim_id, at)


@get("/api/desk/shops/{shop_id:uuid}/claims/export")
async def export_csv(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Response[bytes]:
    """The library as CSV, in the form that the import reads."""
    require_role(staff, shop_id, "compliance", "producer")
    async with services.database.reading() as connection:
        text = await export_claims(connection, shop_id, to_datetime(services.clock.now_us()))
    headers = {"content-type": "text/csv; charset=utf-8", "content-disposition": 'attachment; filename="claims.csv"'}
    return Response(text.encode(), headers=headers)


@post("/api/desk/shops/{shop_id:uuid}/claims/import", status_code=200, request_max_body_size=IMPORT_BYTES_MAX)
async def import_csv(shop_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired) -> ClaimImport:
    """Bring claims in from CSV. Bad rows are reported by line, good ones imported."""
    require_role(staff, shop_id, "compliance", "producer")
    held = roles_in(staff, shop_id)
    body = await request.body()
    async with services.database.transaction() as connection:
        return await import_claims(
            connection,
            shop_id,
            body,
            may_approve="compliance" in held or "owner" in held,
            by=staff.person.id,
            at=to_datetime(services.clock.now_us()),
        )


@get("/api/desk/claims/{claim_id:uuid}")
async def view_claim(claim_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ClaimDetail:
    """A claim with all its versions and its history."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
        return await claim_detail(connection, claim_id, to_datetime(services.clock.now_us()))


@put("/api/desk/claims/{claim_id:uuid}")
async def change_claim(
    claim_id: FromPath[UUID], data: JSONBody[ClaimPut], staff: SignedIn, services: Wired
) -> ClaimDetail:
    """Say it otherwise: a draft in place, what was decided as a new draft. 409 ``changed_meanwhile``."""
    at = to_datetime(services.clock.now_us())
    content = ClaimContent(
        wording=data.wording,
        disclaimer=data.disclaimer,
        disclaimer_within_s=data.disclaimer_within_s,
        expires_at=data.expires_at,
        file_id=data.file_id,
    )
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
        await revise_claim(connection, claim_id, content, revision=data.revision, by=staff.person.id, at=at)
        return await claim_detail(connection, claim_id, at)


@post("/api/desk/claims/{claim_id:uuid}/submit", status_code=200)
async def submit(claim_id: FromPath[UUID], data: JSONBody[SubmitPost], staff: SignedIn, services: Wired) -> ClaimDetail:
    """Put the draft into review."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
        await submit_claim(
            connection, claim_id, revision=data.revision, by=staff.person.id, at=at, comment=data.comment
        )
        return await claim_detail(connection, claim_id, at)


@post("/api/desk/claims/{claim_id:uuid}/decision", status_code=200)
async def decide(
    claim_id: FromPath[UUID], data: JSONBody[ClaimDecision], staff: SignedIn, services: Wired
) -> ClaimDetail:
    """Approve what is in review, or reject it with a comment. 409 ``changed_meanwhile``, ``wrong_state``."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance")
        await decide_claim(
            connection,
            claim_id,
            approve=data.approve,
            revision=data.revision,
            by=staff.person.id,
            at=at,
            comment=data.comment,
        )
        return await claim_detail(connection, claim_id, at)


@post("/api/desk/claims/{claim_id:uuid}/withdraw", status_code=200)
async def withdraw(
    claim_id: FromPath[UUID], data: JSONBody[CommentPost], staff: SignedIn, services: Wired
) -> ClaimDetail:
    """Take the approved version out of force at once, with the reason."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance")
        await withdraw_claim(connection, claim_id, by=staff.person.id, at=at, comment=data.comment)
        return await claim_detail(connection, claim_id, at)


@post("/api/desk/claims/{claim_id:uuid}/comments", status_code=200)
async def comment(
    claim_id: FromPath[UUID], data: JSONBody[CommentPost], staff: SignedIn, services: Wired
) -> ClaimDetail:
    """Say something about the newest version."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
        await comment_claim(connection, claim_id, by=staff.person.id, at=at, comment=data.comment)
        return await claim_detail(connection, claim_id, at)


@post("/api/desk/claims/{claim_id:uuid}/files", status_code=201, request_max_body_size=FILE_BYTES_MAX)
async def upload(
    claim_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired, name: FromQuery[str] = ""
) -> Uploaded:
    """Keep an evidence file for the claim: the body as it is, at most 16 MiB; PDF, PNG, JPEG, WebP or plain text."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
    body = await request.body()
    kind = content_type_of(body)
    digest = await asyncio.to_thread(write_file, services.settings.claim_files_dir, body)
    async with services.database.transaction() as connection:
        file_id = await record_file(
            connection,
            claim_id,
            digest=digest,
            name=name,
            content_type=kind,
            size_bytes=len(body),
            by=staff.person.id,
            at=to_datetime(services.clock.now_us()),
        )
    return Uploaded(file_id)


@get("/api/desk/claims/{claim_id:uuid}/files/{file_id:uuid}")
async def download(
    claim_id: FromPath[UUID], file_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> Response[bytes]:
    """An evidence file, checked against the hash that it was uploaded with; never shown inside our own pages."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_claim(connection, claim_id), "compliance", "producer")
        detail = await claim_detail(connection, claim_id, to_datetime(services.clock.now_us()))
    file = next((each for each in detail.files if each.id == file_id), None)
    if file is None:
        raise NotFoundError("there is no such file")
    body = await asyncio.to_thread(read_file, services.settings.claim_files_dir, bytes.fromhex(file.sha256))
    headers = {
        "content-type": file.content_type,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "x-content-type-options": "nosniff",
    }
    return Response(body, headers=headers)


HANDLERS = [
    list_claims,
    add_claim,
    export_csv,
    import_csv,
    view_claim,
    change_claim,
    submit,
    decide,
    withdraw,
    comment,
    upload,
    download,
]
