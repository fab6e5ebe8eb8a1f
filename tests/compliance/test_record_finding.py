"""Findings and transcript lines on record: once, with evidence, and found again after a restart."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from tallylight.compliance.evidence import verify_evidence
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.judge_speech import SpeechFinding
from tallylight.compliance.models import evidence, finding
from tallylight.compliance.record_finding import (
    DECIDE_MARGIN_US,
    Finding,
    judged_until,
    record_finding,
    record_judged,
    record_words,
    stops_after,
    words_heard,
)
from tallylight.foundation.ids import BroadcastId, ShowId
from tallylight.speech.recogniser import Word
from tests.compliance.corpus import judge_text
from tests.conftest import Runner

START_US = 1_750_000_000_000_000
WORDS = [Word("two", START_US, START_US + 300_000, 900), Word("left", START_US + 310_000, START_US + 600_000, 870)]


async def record(run: Runner, broadcast_id: BroadcastId, text: str, facts: LiveFacts, hold_policy: str) -> Finding:
    (found,) = judge_text(text, facts).findings
    async with run.database.transaction() as connection:
        return await record_finding(
            connection,
            broadcast_id,
            ShowId(uuid4()),
            SpeechFinding(found, START_US, START_US + 600_000),
            delay_ms=8000,
            hold_policy=hold_policy,
        )


@pytest.mark.parametrize(
    ("stock", "policy", "verdict", "action"),
    [(140, "bleep", "block", "bleep"), (140, "clear", "block", "bleep"), (None, "bleep", "hold", "bleep"),
     (None, "clear", "hold", "none")],
)  # fmt: skip
def test_a_finding_says_what_the_gate_does_unless_told(
    run: Runner, stock: int | None, policy: str, verdict: str, action: str
) -> None:
    broadcast_id = BroadcastId(uuid4())
    made = run(record(run, broadcast_id, "There are only two left!", LiveFacts(stock=stock), policy))
    assert (made.verdict, made.action) == (verdict, action)
    assert made.decide_by_wall_us == START_US + 8_000_000 - DECIDE_MARGIN_US

    async def look() -> None:
        async with run.database.reading() as connection:
            row = (await connection.execute(sa.select(finding))).one()
            entry = (await connection.execute(sa.select(evidence))).one()
            assert (await verify_evidence(connection, broadcast_id)).intact
            assert [each.id for each in await stops_after(connection, broadcast_id, START_US)] == [made.id]
            assert await stops_after(connection, broadcast_id, START_US + 600_000) == []
        assert row.id == made.id
        assert entry.kind == "finding"
        assert entry.payload["finding"]["quote"] == made.quote
        assert entry.payload["finding"]["facts"] == made.facts

    run(look())


def test_a_line_is_written_once(run: Runner) -> None:
    broadcast_id = BroadcastId(uuid4())

    async def twice() -> tuple[list[Word], int]:
        for _ in range(2):
            async with run.database.transaction() as connection:
                await record_words(connection, broadcast_id, WORDS)
        async with run.database.reading() as connection:
            entries = await connection.scalar(sa.select(sa.func.count()).select_from(evidence))
            return await words_heard(connection, broadcast_id, START_US - 1), int(entries or 0)

    words, entries = run(twice())
    assert words == WORDS
    assert entries == 1


def test_words_are_found_from_a_moment_on(run: Runner) -> None:
    broadcast_id = BroadcastId(uuid4())

    async def scenario() -> list[Word]:
        async with run.database.transaction() as connection:
            await record_words(connection, broadcast_id, WORDS)
            return await words_heard(connection, broadcast_id, START_US + 300_000)

    assert run(scenario()) == WORDS[1:]


def test_how_far_was_judged_only_grows(run: Runner) -> None:
    broadcast_id = BroadcastId(uuid4())

    async def scenario() -> tuple[int, int]:
        async with run.database.transaction() as connection:
            before = await judged_until(connection, broadcast_id)
            for judged_us in (START_US + 5, START_US + 2):
                await record_judged(connection, broadcast_id, judged_us)
            return before, await judged_until(connection, broadcast_id)

    assert run(scenario()) == (0, START_US + 5)
