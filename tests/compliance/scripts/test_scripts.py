"""The life of a script: drafted, reviewed, signed by somebody else, pinned, changed and signed anew."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight.compliance.errors import ChangedMeanwhileError, WrongStateError
from tallylight.compliance.scripts.draft_script import draft_script, revise_script
from tallylight.compliance.scripts.models import script_step
from tallylight.compliance.scripts.queries import script_detail, script_of_show, scripts_of_shop
from tallylight.compliance.scripts.review_script import (
    OwnScriptError,
    comment_script,
    pin_script,
    reject_script,
    sign_script,
    submit_script,
    unpin_script,
)
from tallylight.compliance.scripts.types import Checks, LineCheck, PinnedScript, ScriptCard, ScriptDetail, Segment
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tests.conftest import Runner
from tests.support.shop import make_person, make_shop

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SERUM = Segment(title="Serum", policy="strict", lines=("It hydrates for 24 hours.",))
HOLD = LineCheck(0, 0, "R3", "Efficacy", "hold", "hydrates", 3, 11, "no proof", "FTC", None)


class Desk:
    """A shop with a writer and a lawyer."""

    def __init__(self, run: Runner) -> None:
        self.run = run
        self.shop_id = run(make_shop(run.database))
        self.writer, self.lawyer = run(make_person(run.database)), run(make_person(run.database))

    def draft(self, *segments: Segment) -> UUID:
        async def work() -> UUID:
            async with self.run.database.transaction() as connection:
                return await draft_script(
                    connection, self.shop_id, " Friday ", segments or (SERUM,), market="us-en", by=self.writer, at=NOON
                )

        return self.run(work())

    def revise(self, script_id: UUID, *segments: Segment, by: UUID | None = None, revision: int | None = None) -> int:
        async def work() -> int:
            read = (await self._detail(script_id)).versions[0].revision if revision is None else revision
            async with self.run.database.transaction() as connection:
                return await revise_script(
                    connection, script_id, "Friday", segments, revision=read, by=by or self.writer, at=NOON
                )

        return self.run(work())

    def submit(self, script_id: UUID, *findings: LineCheck) -> None:
        async def work() -> None:
            revision = (await self._detail(script_id)).versions[0].revision
            checks = Checks(NOON, list(findings))
            async with self.run.database.transaction() as connection:
                await submit_script(connection, script_id, checks, revision=revision, by=self.writer, at=NOON)

        self.run(work())

    def sign(self, script_id: UUID, by: UUID | None = None, revision: int | None = None) -> int:
        async def work() -> int:
            read = (await self._detail(script_id)).versions[0].revision if revision is None else revision
            async with self.run.database.transaction() as connection:
                return await sign_script(connection, script_id, revision=read, by=by or self.lawyer, at=NOON)

        return self.run(work())

    def pin(self, script_id: UUID, version: int, show_id: UUID) -> None:
        async def work() -> None:
            async with self.run.database.transaction() as connection:
                await pin_script(connection, script_id, version, show_id, by=self.writer, at=NOON)

        self.run(work())

    def pinned(self, show_id: UUID) -> PinnedScript | None:
        async def work() -> PinnedScript | None:
            async with self.run.database.reading() as connection:
                return await script_of_show(connection, show_id)

        return self.run(work())

    def detail(self, script_id: UUID) -> ScriptDetail:
        return self.run(self._detail(script_id))

    async def _detail(self, script_id: UUID) -> ScriptDetail:
        async with self.run.database.reading() as connection:
            return await script_detail(connection, script_id)


@pytest.fixture
def desk(run: Runner) -> Desk:
    return Desk(run)


def test_a_script_is_signed_by_somebody_else_and_pinned(desk: Desk) -> None:
    script_id, show_id = desk.draft(), uuid4()
    with pytest.raises(WrongStateError):
        desk.sign(script_id)
    desk.submit(script_id, HOLD)
    with pytest.raises(WrongStateError):
        desk.pin(script_id, 1, show_id)
    with pytest.raises(OwnScriptError):
        desk.sign(script_id, by=desk.writer)
    assert desk.sign(script_id) == 1
    desk.pin(script_id, 1, show_id)
    pinned = desk.pinned(show_id)
    assert pinned is not None
    assert (pinned.version, pinned.title, pinned.segments, pinned.citation) == (
        1, "Friday", (SERUM,), "signed script v1",
    )  # fmt: skip
    detail = desk.detail(script_id)
    assert detail.versions[0].checks == Checks(NOON, [HOLD])
    assert [each.step for each in detail.steps] == ["drafted", "submitted", "signed", "pinned"]


def test_a_change_needs_a_new_signature_and_the_show_keeps_what_was_signed(desk: Desk) -> None:
    script_id, show_id = desk.draft(), uuid4()
    desk.submit(script_id)
    desk.sign(script_id)
    desk.pin(script_id, 1, show_id)
    changed = Segment(title="Serum", lines=("It hydrates for 48 hours.",))
    assert desk.revise(script_id, changed) == 2
    with pytest.raises(WrongStateError):
        desk.pin(script_id, 2, show_id)
    desk.submit(script_id)
    desk.sign(script_id)
    pinned = desk.pinned(show_id)
    assert pinned is not None
    assert pinned.version == 1, "until somebody pins the new one"
    assert [(each.version, each.state) for each in desk.detail(script_id).versions] == [
        (2, "signed"),
        (1, "superseded"),
    ]
    desk.pin(script_id, 2, show_id)
    pinned = desk.pinned(show_id)
    assert pinned is not None
    assert pinned.segments == (changed,)
    with pytest.raises(WrongStateError):
        desk.pin(script_id, 1, show_id)


def test_whoever_edits_in_review_takes_it_back_and_becomes_an_author(desk: Desk) -> None:
    script_id = desk.draft()
    desk.submit(script_id, HOLD)
    read = desk.detail(script_id).versions[0].revision
    assert desk.revise(script_id, Segment(title="Serum", lines=("Softer.",)), by=desk.lawyer) == 1
    version = desk.detail(script_id).versions[0]
    assert (version.state, version.checks) == ("draft", None)
    desk.submit(script_id)
    with pytest.raises(ChangedMeanwhileError):
        desk.sign(script_id, revision=read)
    with pytest.raises(OwnScriptError):
        desk.sign(script_id)
    assert set(desk.detail(script_id).authors) == {desk.writer, desk.lawyer}


def test_a_rejection_says_why_and_a_new_version_begins(desk: Desk) -> None:
    script_id = desk.draft()
    desk.submit(script_id)

    async def reject(comment: str) -> None:
        revision = (await desk._detail(script_id)).versions[0].revision
        async with desk.run.database.transaction() as connection:
            await reject_script(connection, script_id, revision=revision, by=desk.lawyer, at=NOON, comment=comment)

    with pytest.raises(InvalidInputError):
        desk.run(reject(" "))
    desk.run(reject("no proof for 24 hours"))
    assert desk.revise(script_id, SERUM) == 2
    assert [each.state for each in desk.detail(script_id).versions] == ["draft", "rejected"]


def test_the_list_sums_up(desk: Desk) -> None:
    script_id, show_id = desk.draft(SERUM, Segment(title="Chat", policy="free")), uuid4()

    async def cards() -> list[ScriptCard]:
        async with desk.run.database.reading() as connection:
            return await scripts_of_shop(connection, desk.shop_id)

    assert desk.run(cards()) == [ScriptCard(script_id, "Friday", "us-en", 1, "draft", None, 2, 1, None, [])]
    desk.submit(script_id, HOLD)
    desk.sign(script_id)
    desk.pin(script_id, 1, show_id)
    desk.revise(script_id, SERUM)
    assert desk.run(cards()) == [ScriptCard(script_id, "Friday", "us-en", 2, "draft", 1, 1, 1, None, [show_id])]


def test_unpinning_and_remarks_are_on_record(desk: Desk) -> None:
    script_id, show_id = desk.draft(), uuid4()
    desk.submit(script_id)
    desk.sign(script_id)
    desk.pin(script_id, 1, show_id)

    async def work() -> None:
        async with desk.run.database.transaction() as connection:
            await comment_script(connection, script_id, by=desk.lawyer, at=NOON, comment="well done")
            await unpin_script(connection, show_id, by=desk.lawyer, at=NOON)

    desk.run(work())
    assert desk.pinned(show_id) is None
    assert [each.step for each in desk.detail(script_id).steps][-2:] == ["commented", "unpinned"]
    with pytest.raises(NotFoundError):
        desk.run(work())

    async def tamper() -> None:
        async with desk.run.database.transaction() as connection:
            await connection.execute(sa.update(script_step).values(comment="no"))

    with pytest.raises(DBAPIError, match="append-only|permission denied"):
        desk.run(tamper())


@pytest.mark.parametrize(
    "segments",
    [
        (Segment(title="", lines=("x",)),),
        (Segment(title="x" * 121, lines=("x",)),),
        (Segment(title="Empty", policy="strict"),),
        (Segment(title="Long", lines=("x" * 501,)),),
        tuple(Segment(title=str(at), lines=("x",)) for at in range(101)),
        tuple(Segment(title=str(at), lines=("x",) * 51) for at in range(20)),
    ],
)
def test_what_cannot_be_a_script_is_refused(desk: Desk, segments: tuple[Segment, ...]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        desk.draft(*segments)
    assert refused.value.fields["field"] == "segments"
