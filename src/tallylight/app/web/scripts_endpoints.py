"""The compliance desk before the show: scripts, their review and sign-off; and on air, the script of a show.

Producers and compliance write, read and pin; signing is for people with the role compliance, owners included only if
they have it: a signature is a lawyer's, not a boss's.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tallylight.app.flows.check_script import check_script
from tallylight.app.flows.script_choices import Choices, require_own, script_choices, show_to_pin
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.compliance.scripts.draft_script import draft_script, revise_script
from tallylight.compliance.scripts.queries import (
    LineSaid,
    lines_said,
    script_detail,
    script_of_show,
    script_segments,
    scripts_of_shop,
    shop_of_script,
)
from tallylight.compliance.scripts.redline import RedLine, redline_scripts
from tallylight.compliance.scripts.review_script import (
    comment_script,
    pin_script,
    reject_script,
    sign_script,
    submit_script,
    unpin_script,
)
from tallylight.compliance.scripts.types import Checks, ScriptCard, ScriptDetail, Segment
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.errors import ForbiddenError, NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.members.roles import require_role, roles_in
from tallylight.members.types import Staff
from tallylight.shows.queries import latest_broadcast, show_by

SCRIPT_BYTES_MAX = 2 << 20


class ScriptPost(msgspec.Struct):
    title: str
    segments: list[Segment]
    market: str = "us-en"


class ScriptPut(msgspec.Struct):
    """What the script is to say; ``revision``: of the newest version, as it was read."""

    title: str
    segments: list[Segment]
    revision: int


class CheckPost(msgspec.Struct):
    """Segments to check without keeping anything."""

    segments: list[Segment]
    market: str = "us-en"


class ScriptStepPost(msgspec.Struct):
    """``revision``: of the newest version, as it was read."""

    revision: int
    comment: str = ""


class SignPost(msgspec.Struct):
    """Sign or reject what was read under ``revision``; a rejection says why."""

    sign: bool
    revision: int
    comment: str = ""


class ScriptComment(msgspec.Struct):
    comment: str


class PinPost(msgspec.Struct):
    show_id: UUID
    version: int


class ScriptList(msgspec.Struct):
    scripts: list[ScriptCard]


class Redlines(msgspec.Struct):
    lines: list[RedLine]


class ScriptOnAir(msgspec.Struct):
    """What a show goes by, and which of its lines were said in its latest broadcast."""

    script_id: UUID
    title: str
    version: int
    segments: list[Segment]
    said: list[LineSaid]


class MaybeScript(msgspec.Struct):
    """``script`` None: the show goes by none."""

    script: ScriptOnAir | None


@get("/api/desk/shops/{shop_id:uuid}/scripts")
async def list_scripts(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ScriptList:
    """The shop's scripts."""
    require_role(staff, shop_id, "compliance", "producer")
    async with services.database.reading() as connection:
        return ScriptList(await scripts_of_shop(connection, shop_id))


@get("/api/desk/shops/{shop_id:uuid}/script-choices")
async def list_choices(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Choices:
    """Products, shows and cues that scripts and claims may name."""
    require_role(staff, shop_id, "compliance", "producer")
    async with services.database.reading() as connection:
        return await script_choices(connection, ShopId(shop_id))


@post("/api/desk/shops/{shop_id:uuid}/scripts", status_code=201, request_max_body_size=SCRIPT_BYTES_MAX)
async def add_script(
    shop_id: FromPath[UUID], data: JSONBody[ScriptPost], staff: SignedIn, services: Wired
) -> ScriptDetail:
    """A new script, as a draft."""
    require_role(staff, shop_id, "compliance", "producer")
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        await require_own(connection, shop_id, data.segments)
        script_id = await draft_script(
            connection, shop_id, data.title, data.segments, market=data.market, by=staff.person.id, at=at
        )
        return await script_detail(connection, script_id)


@post("/api/desk/shops/{shop_id:uuid}/scripts/check", status_code=200, request_max_body_size=SCRIPT_BYTES_MAX)
async def check(shop_id: FromPath[UUID], data: JSONBody[CheckPost], staff: SignedIn, services: Wired) -> Checks:
    """What the rules say about lines that are being written, against claims and facts of this moment."""
    require_role(staff, shop_id, "compliance", "producer")
    async with services.database.reading() as connection:
        await require_own(connection, shop_id, data.segments)
        return await check_script(connection, shop_id, data.market, data.segments, now_us=services.clock.now_us())


@get("/api/desk/scripts/{script_id:uuid}")
async def view_script(script_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ScriptDetail:
    """A script with all its versions, what the rules said about them, and its history."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_script(connection, script_id), "compliance", "producer")
        return await script_detail(connection, script_id)


@put("/api/desk/scripts/{script_id:uuid}", request_max_body_size=SCRIPT_BYTES_MAX)
async def change_script(
    script_id: FromPath[UUID], data: JSONBody[ScriptPut], staff: SignedIn, services: Wired
) -> ScriptDetail:
    """Write it otherwise: a draft in place, what was decided as a new draft. 409 ``changed_meanwhile``."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        shop_id = await shop_of_script(connection, script_id)
        require_role(staff, shop_id, "compliance", "producer")
        await require_own(connection, shop_id, data.segments)
        await revise_script(
            connection, script_id, data.title, data.segments, revision=data.revision, by=staff.person.id, at=at
        )
        return await script_detail(connection, script_id)


@post("/api/desk/scripts/{script_id:uuid}/submit", status_code=200)
async def submit(
    script_id: FromPath[UUID], data: JSONBody[ScriptStepPost], staff: SignedIn, services: Wired
) -> ScriptDetail:
    """Put the draft into review; its lines are checked first, and what was found stands beside them."""
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        shop_id = await shop_of_script(connection, script_id)
        require_role(staff, shop_id, "compliance", "producer")
        detail = await script_detail(connection, script_id)
        checks = await check_script(connection, shop_id, detail.market, detail.versions[0].segments, now_us=now_us)
        await submit_script(
            connection,
            script_id,
            checks,
            revision=data.revision,
            by=staff.person.id,
            at=to_datetime(now_us),
            comment=data.comment,
        )
        return await script_detail(connection, script_id)


@post("/api/desk/scripts/{script_id:uuid}/decision", status_code=200)
async def decide(script_id: FromPath[UUID], data: JSONBody[SignPost], staff: SignedIn, services: Wired) -> ScriptDetail:
    """Sign what is in review, or reject it with a comment. 403 ``own_script`` for whoever wrote in it."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        _require_signer(staff, await shop_of_script(connection, script_id))
        step = sign_script if data.sign else reject_script
        await step(connection, script_id, revision=data.revision, by=staff.person.id, at=at, comment=data.comment)
        return await script_detail(connection, script_id)


@post("/api/desk/scripts/{script_id:uuid}/comments", status_code=200)
async def comment(
    script_id: FromPath[UUID], data: JSONBody[ScriptComment], staff: SignedIn, services: Wired
) -> ScriptDetail:
    """Say something about the newest version."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        require_role(staff, await shop_of_script(connection, script_id), "compliance", "producer")
        await comment_script(connection, script_id, by=staff.person.id, at=at, comment=data.comment)
        return await script_detail(connection, script_id)


@post("/api/desk/scripts/{script_id:uuid}/pins", status_code=200)
async def pin(script_id: FromPath[UUID], data: JSONBody[PinPost], staff: SignedIn, services: Wired) -> ScriptDetail:
    """The show goes by this signed version from now on. 409 ``on_air`` while it is on air."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        shop_id = await shop_of_script(connection, script_id)
        require_role(staff, shop_id, "compliance", "producer")
        await show_to_pin(connection, shop_id, data.show_id)
        await pin_script(connection, script_id, data.version, data.show_id, by=staff.person.id, at=at)
        return await script_detail(connection, script_id)


@delete("/api/desk/scripts/{script_id:uuid}/pins/{show_id:uuid}", status_code=200)
async def unpin(script_id: FromPath[UUID], show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ScriptDetail:
    """The show goes by no script any more. 409 ``on_air`` while it is on air."""
    at = to_datetime(services.clock.now_us())
    async with services.database.transaction() as connection:
        shop_id = await shop_of_script(connection, script_id)
        require_role(staff, shop_id, "compliance", "producer")
        await show_to_pin(connection, shop_id, show_id)
        pinned = await script_of_show(connection, show_id)
        if pinned is None or pinned.script_id != script_id:
            raise NotFoundError("this script is not pinned to that show")
        await unpin_script(connection, show_id, by=staff.person.id, at=at)
        return await script_detail(connection, script_id)


@get("/api/desk/scripts/{script_id:uuid}/redlines")
async def redlines(
    script_id: FromPath[UUID],
    staff: SignedIn,
    services: Wired,
    from_: Annotated[int, QueryParameter(name="from")],
    to: Annotated[int, QueryParameter(name="to")],
) -> Redlines:
    """What changed between two versions, by line and by word."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_script(connection, script_id), "compliance", "producer")
        older = await script_segments(connection, script_id, from_)
        newer = await script_segments(connection, script_id, to)
    return Redlines(redline_scripts(older, newer))


@get("/api/control/shows/{show_id:uuid}/script")
async def script_on_air(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> MaybeScript:
    """The script that the show goes by, with the lines that were said so far."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer", "compliance")
        script = await script_of_show(connection, show.id)
        if script is None:
            return MaybeScript(None)
        broadcast = await latest_broadcast(connection, show.id)
        said = [] if broadcast is None else await lines_said(connection, broadcast.id)
    return MaybeScript(ScriptOnAir(script.script_id, script.title, script.version, list(script.segments), said))


def _require_signer(staff: Staff, shop_id: UUID) -> None:
    require_role(staff, shop_id)
    if "compliance" not in roles_in(staff, shop_id):
        raise ForbiddenError("signing off needs the role compliance; an owner can give it to you")


HANDLERS = [
    list_scripts,
    list_choices,
    add_script,
    check,
    view_script,
    change_script,
    submit,
    decide,
    comment,
    pin,
    unpin,
    redlines,
    script_on_air,
]
