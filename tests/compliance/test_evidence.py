"""The chain holds while it is left alone, names the first broken link when it is not, and refuses change."""

import asyncio
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight.compliance.chain import canonical_json
from tallylight.compliance.evidence import EvidenceReport, record_evidence, verify_evidence
from tests.conftest import Runner


async def record(run: Runner, broadcast_id: UUID, count: int) -> None:
    async with run.database.transaction() as connection:
        for number in range(count):
            await record_evidence(
                connection, broadcast_id, "transcript", {"text": f"wörd {number}", "finding": uuid4()}, number
            )


async def verify(run: Runner, broadcast_id: UUID) -> EvidenceReport:
    async with run.database.reading() as connection:
        return await verify_evidence(connection, broadcast_id)


async def tamper(run: Runner, statement: str, broadcast_id: UUID) -> None:
    """As someone with the run of the database would: the guard off, one change, the guard on."""
    async with run.database.transaction() as connection:
        await connection.execute(sa.text("alter table evidence disable trigger user"))
        await connection.execute(sa.text(statement), {"id": broadcast_id})
        await connection.execute(sa.text("alter table evidence enable trigger user"))


def test_a_chain_left_alone_is_intact(run: Runner) -> None:
    broadcast_id = uuid4()
    run(record(run, broadcast_id, 5))
    run(record(run, uuid4(), 3))
    report = run(verify(run, broadcast_id))
    assert report.intact
    assert report.entries == 5
    assert len(report.head) == 64


def test_no_evidence_is_an_empty_intact_chain(run: Runner) -> None:
    assert run(verify(run, uuid4())).entries == 0


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ('update evidence set payload = \'{"text": "nothing"}\' where broadcast_id = :id and seq = 3', 3),
        ("update evidence set at_us = at_us + 1 where broadcast_id = :id and seq = 2", 2),
        ("update evidence set payload = '{\"text\": 1.5}' where broadcast_id = :id and seq = 2", 2),
        ("delete from evidence where broadcast_id = :id and seq = 4", 4),
        ("delete from evidence where broadcast_id = :id and seq = 5", 5),
        ("delete from evidence where broadcast_id = :id", 1),
        ("update evidence set seq = 9 where broadcast_id = :id and seq = 1", 1),
        ("update evidence_head set hash = decode(repeat('00', 32), 'hex') where broadcast_id = :id", 5),
    ],
)
def test_verification_names_the_first_broken_link(run: Runner, statement: str, seq: int) -> None:
    broadcast_id = uuid4()
    run(record(run, broadcast_id, 5))
    run(tamper(run, statement, broadcast_id))
    report = run(verify(run, broadcast_id))
    assert report.broken is not None
    assert report.broken.seq == seq


@pytest.mark.parametrize("statement", ["update evidence set kind = 'x'", "delete from evidence", "truncate evidence"])
def test_the_database_refuses_to_change_evidence(run: Runner, statement: str) -> None:
    async def change() -> None:
        async with run.database.transaction() as connection:
            await connection.execute(sa.text(statement))

    run(record(run, uuid4(), 1))
    with pytest.raises(DBAPIError, match="append-only"):
        run(change())


def test_concurrent_writers_make_one_chain(run: Runner) -> None:
    broadcast_id = uuid4()

    async def together() -> None:
        await asyncio.gather(*(record(run, broadcast_id, 4) for _ in range(8)))

    run(together())
    report = run(verify(run, broadcast_id))
    assert report.intact
    assert report.entries == 32


def test_a_rolled_back_entry_leaves_no_gap(run: Runner) -> None:
    broadcast_id = uuid4()

    async def fail() -> None:
        async with run.database.transaction() as connection:
            await record_evidence(connection, broadcast_id, "transcript", {}, 1)
            raise RuntimeError("the power went")

    run(record(run, broadcast_id, 2))
    with pytest.raises(RuntimeError):
        run(fail())
    run(record(run, broadcast_id, 1))
    assert run(verify(run, broadcast_id)).entries == 3


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="no floats"):
        canonical_json({"price": {"amounts": [19.99]}})


def test_canonical_json_is_sorted_compact_utf8() -> None:
    assert canonical_json({"b": [1, None, True], "a": "ü"}) == '{"a":"ü","b":[1,null,true]}'.encode()
