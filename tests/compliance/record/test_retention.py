"""Deletion leaves a chain that verifies and names its acts; every other way to empty or change an entry is found."""

import hashlib
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight.compliance.chain import GENESIS, canonical_json
from tallylight.compliance.evidence import EvidenceReport, record_evidence, verify_evidence
from tallylight.compliance.models import evidence, evidence_head
from tallylight.compliance.record import retention
from tallylight.compliance.record.errors import BrokenChainError, HeldError, NotHeldError
from tallylight.compliance.record.legal_hold import By, holds_on, lift_hold, place_hold
from tallylight.compliance.record.retention import DAYS_DEFAULT, RetentionAct, empty_record, retention_days
from tallylight.foundation.errors import InvalidInputError
from tests.conftest import Runner
from tests.support.shop import NOW_US, make_person, make_shop

KINDS = ("gate", "transcript", "finding", "decision", "transcript", "aired", "gate")


async def broadcast(run: Runner) -> UUID:
    broadcast_id = uuid4()
    async with run.database.transaction() as connection:
        for number, kind in enumerate(KINDS):
            await record_evidence(connection, broadcast_id, kind, {"text": f"said {number}"}, NOW_US + number)
    return broadcast_id


async def old_broadcast(run: Runner) -> UUID:
    """A chain of format 1, as earlier versions wrote it."""
    broadcast_id, head = uuid4(), GENESIS
    async with run.database.transaction() as connection:
        for seq, kind in enumerate(KINDS, 1):
            entry = {
                "at_us": NOW_US,
                "broadcast_id": str(broadcast_id),
                "kind": kind,
                "payload": {"text": "said"},
                "recorded_us": NOW_US,
                "seq": seq,
            }
            digest = hashlib.sha256(head + canonical_json(entry)).digest()
            values = entry | {"broadcast_id": broadcast_id, "prev_hash": head, "hash": digest, "format": 1}
            await connection.execute(evidence.insert().values(values))
            head = digest
        await connection.execute(evidence_head.insert().values(broadcast_id=broadcast_id, seq=len(KINDS), hash=head))
    return broadcast_id


async def empty(run: Runner, broadcast_id: UUID) -> RetentionAct:
    async with run.database.transaction() as connection:
        return await empty_record(connection, broadcast_id, days=30, now_us=NOW_US)


async def verify(run: Runner, broadcast_id: UUID) -> EvidenceReport:
    async with run.database.reading() as connection:
        return await verify_evidence(connection, broadcast_id)


async def payloads(run: Runner, broadcast_id: UUID) -> dict[int, object]:
    async with run.database.reading() as connection:
        rows = await connection.execute(
            sa.select(evidence.c.seq, evidence.c.payload).where(evidence.c.broadcast_id == broadcast_id)
        )
        return {row.seq: row.payload for row in rows}


async def execute(run: Runner, statement: str, broadcast_id: UUID, *, guarded: bool) -> None:
    """One change, as an application would (``guarded``) or as someone with the run of the database."""
    async with run.database.transaction() as connection:
        if not guarded:
            await connection.execute(sa.text("alter table evidence disable trigger user"))
        await connection.execute(sa.text(statement), {"id": broadcast_id})
        if not guarded:
            await connection.execute(sa.text("alter table evidence enable trigger user"))


@pytest.mark.parametrize("make", [broadcast, old_broadcast])
def test_an_emptied_chain_verifies_and_names_its_act(run: Runner, make: object) -> None:
    broadcast_id = run(broadcast(run) if make is broadcast else old_broadcast(run))
    act = run(empty(run, broadcast_id))
    report = run(verify(run, broadcast_id))
    assert report.intact
    assert (act.entries, act.acts) == (4, (8,))
    assert [(each.act_seq, each.entries) for each in report.redactions] == [(8, 4)]
    left = run(payloads(run, broadcast_id))
    assert [seq for seq, payload in sorted(left.items()) if payload is None] == [2, 3, 4, 5]


def test_emptying_again_finds_nothing_more(run: Runner) -> None:
    broadcast_id = run(broadcast(run))
    run(empty(run, broadcast_id))
    assert run(empty(run, broadcast_id)) == RetentionAct(0, ())


def test_a_long_record_is_emptied_by_several_acts(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ACT_ENTRIES_MAX", 3)
    broadcast_id = run(broadcast(run))
    assert run(empty(run, broadcast_id)).acts == (8, 9)
    assert run(verify(run, broadcast_id)).intact


def test_what_comes_after_an_act_goes_on_the_same_chain(run: Runner) -> None:
    broadcast_id = run(broadcast(run))
    run(empty(run, broadcast_id))

    async def more() -> None:
        async with run.database.transaction() as connection:
            await record_evidence(connection, broadcast_id, "hold", {"event": "lifted"}, NOW_US)

    run(more())
    assert run(verify(run, broadcast_id)).entries == len(KINDS) + 2


EMPTY_ONE = (
    "update evidence set payload = null, salt = null, redacted_by = {act} where broadcast_id = :id and seq = {seq}"
)


@pytest.mark.parametrize(
    "statement",
    [
        "update evidence set payload = '{}' where broadcast_id = :id and seq = 2",
        "update evidence set payload = null, salt = null where broadcast_id = :id and seq = 2",
        EMPTY_ONE.format(act=99, seq=2),
        EMPTY_ONE.format(act=3, seq=2),
        EMPTY_ONE.format(act=8, seq=1),
        "update evidence set at_us = 0 where broadcast_id = :id and seq = 2",
        "delete from evidence where broadcast_id = :id and seq = 7",
    ],
)
def test_the_database_refuses_whatever_is_not_named_by_an_act(run: Runner, statement: str) -> None:
    broadcast_id = run(broadcast(run))
    with pytest.raises(DBAPIError, match="append-only"):
        run(execute(run, statement, broadcast_id, guarded=True))
    assert run(verify(run, broadcast_id)).intact


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        (EMPTY_ONE.format(act=99, seq=2), 2),
        (EMPTY_ONE.format(act=1, seq=2), 2),
        (EMPTY_ONE.format(act=8, seq=1), 1),
        ("update evidence set payload = '{}' where broadcast_id = :id and seq = 3", 3),
        ("update evidence set salt = '\\x00' where broadcast_id = :id and seq = 3", 3),
        ("update evidence set payload_sha256 = hash where broadcast_id = :id and seq = 3", 3),
        ("delete from evidence where broadcast_id = :id and seq = 6", 6),
    ],
)
def test_tampering_before_an_act_is_found(run: Runner, statement: str, seq: int) -> None:
    broadcast_id = run(broadcast(run))
    run(execute(run, statement, broadcast_id, guarded=False))
    broken = run(verify(run, broadcast_id)).broken
    assert broken is not None
    assert broken.seq == seq
    with pytest.raises(BrokenChainError):
        run(empty(run, broadcast_id))


@pytest.mark.parametrize("make", ["format 1", "format 2"])
@pytest.mark.parametrize(
    "statement",
    [
        "update evidence set at_us = at_us + 1 where broadcast_id = :id and seq = 3",
        "update evidence set kind = 'transcript' where broadcast_id = :id and seq = 3",
        "update evidence set redacted_by = 9 where broadcast_id = :id and seq = 3",
        "update evidence set payload = '{}', redacted_by = null where broadcast_id = :id and seq = 3",
        "delete from evidence where broadcast_id = :id and seq = 3",
        "delete from evidence where broadcast_id = :id and seq = 8",
        "update evidence set payload = jsonb_set(payload, '{ranges}', '[]') where broadcast_id = :id and seq = 8",
    ],
)
def test_tampering_after_an_act_is_found(run: Runner, make: str, statement: str) -> None:
    broadcast_id = run(broadcast(run) if make == "format 2" else old_broadcast(run))
    run(empty(run, broadcast_id))
    run(execute(run, statement, broadcast_id, guarded=False))
    assert not run(verify(run, broadcast_id)).intact


def test_a_legal_hold_keeps_everything_and_is_on_record(run: Runner) -> None:
    broadcast_id = run(broadcast(run))
    by = By(run(make_person(run.database)), "Ada")

    async def hold(*, lift: bool = False, reason: str = "case 12") -> None:
        async with run.database.transaction() as connection:
            act = lift_hold if lift else place_hold
            await act(connection, broadcast_id, reason, by=by, now_us=NOW_US)

    with pytest.raises(NotHeldError):
        run(hold(lift=True))
    with pytest.raises(InvalidInputError):
        run(hold(reason="  "))
    run(hold())
    with pytest.raises(HeldError):
        run(hold())
    with pytest.raises(HeldError):
        run(empty(run, broadcast_id))
    act = "insert into evidence select broadcast_id, 9, hash, hash, 'retention', 0, '{\"ranges\": [[2, 2]]}', 0, 1 "
    act += "from evidence where broadcast_id = :id and seq = 8"
    run(execute(run, act, broadcast_id, guarded=True))
    with pytest.raises(DBAPIError, match="append-only"):
        run(execute(run, EMPTY_ONE.format(act=9, seq=2), broadcast_id, guarded=True))


def test_a_hold_that_was_lifted_lets_go(run: Runner) -> None:
    broadcast_id = run(broadcast(run))
    by = By(run(make_person(run.database)), "Ada")

    async def place_and_lift() -> int:
        async with run.database.transaction() as connection:
            await place_hold(connection, broadcast_id, "case 12", by=by, now_us=NOW_US)
            assert (await holds_on(connection, [broadcast_id]))[broadcast_id].reason == "case 12"
            await lift_hold(connection, broadcast_id, "settled", by=by, now_us=NOW_US)
            return len(await holds_on(connection, [broadcast_id]))

    assert run(place_and_lift()) == 0
    assert run(empty(run, broadcast_id)).entries == 4
    kept = run(payloads(run, broadcast_id))
    assert [kept[8], kept[9]] == [
        {"event": event, "reason": reason, "by": str(by.person_id), "name": "Ada", "wall_us": NOW_US}
        for event, reason in (("placed", "case 12"), ("lifted", "settled"))
    ]


def test_a_shop_keeps_three_years_until_it_says_otherwise(run: Runner) -> None:
    async def story() -> None:
        shop_id, person_id = await make_shop(run.database), await make_person(run.database)
        async with run.database.transaction() as connection:
            assert await retention_days(connection, shop_id) == DAYS_DEFAULT == 1096
            for days in (29, 36_501):
                with pytest.raises(InvalidInputError):
                    await retention.set_retention(connection, shop_id, days, set_by=person_id, now_us=NOW_US)
            for days in (90, 60):
                await retention.set_retention(connection, shop_id, days, set_by=person_id, now_us=NOW_US)
            assert await retention_days(connection, shop_id) == 60

    run(story())
