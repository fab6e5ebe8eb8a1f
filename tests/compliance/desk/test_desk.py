"""The desk: one person a finding, decided by people or by policy, always on record."""

import asyncio

import pytest
import sqlalchemy as sa

from tallylight.compliance.desk.correct import CARDS_MAX, record_correction
from tallylight.compliance.desk.decide import record_decision, record_outcome
from tallylight.compliance.desk.errors import DecidedError, NothingToCorrectError, TakenError, TooLateError
from tallylight.compliance.desk.lease import LEASE_US, lease_on, release_lease, take_lease
from tallylight.compliance.desk.models import finding_lease
from tallylight.compliance.desk.queries import corrections_of, finding_by, leases_of, past_decisions_like
from tallylight.compliance.desk.types import Correction, Decider, DecisionKind, KeptFinding, Lease, Outcome
from tallylight.compliance.evidence import EvidenceReport, chain_of, verify_evidence
from tallylight.compliance.record.retention import empty_record
from tallylight.compliance.record_finding import DECIDE_MARGIN_US
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import BroadcastId, FindingId, ShowId, new_id
from tests.conftest import Runner
from tests.support.held import hold_words
from tests.support.small_shop import small_shop

T = 1_750_000_000_000_000
OVER = T + 8_000_000 - DECIDE_MARGIN_US


class Desk:
    """Two people, a show and its broadcast."""

    def __init__(self, run: Runner) -> None:
        self.run = run
        small = run(small_shop(run.database, "compliance", "producer"))
        self.ada, self.ben = (
            Decider(small.people[role].id, name) for role, name in (("compliance", "Ada"), ("producer", "Ben"))
        )
        self.show_id, self.broadcast_id = ShowId(small.show.id), BroadcastId(new_id())

    def held(self, start_us: int = T, **more: object) -> FindingId:
        return self.run(hold_words(self.run.database, self.broadcast_id, self.show_id, start_us, **more))  # type: ignore[arg-type]

    def found(self, finding_id: FindingId) -> KeptFinding:
        async def look() -> KeptFinding:
            async with self.run.database.reading() as connection:
                return await finding_by(connection, finding_id)

        return self.run(look())

    async def take(self, finding_id: FindingId, by: Decider, now_us: int) -> Lease:
        async with self.run.database.transaction() as connection:
            return await take_lease(connection, await finding_by(connection, finding_id), by, now_us)

    async def decide(
        self,
        finding_id: FindingId,
        kind: DecisionKind,
        by: Decider,
        now_us: int,
        instead_of: DecisionKind | None = None,
    ) -> None:
        async with self.run.database.transaction() as connection:
            found = await finding_by(connection, finding_id, lock=True)
            await record_decision(connection, found, kind, by, now_us, instead_of=instead_of)

    async def aired(self, finding_id: FindingId, outcome: Outcome) -> None:
        async with self.run.database.transaction() as connection:
            await record_outcome(
                connection,
                self.broadcast_id,
                finding_id,
                outcome,
                start_us=T,
                end_us=T + 1,
            )

    async def decisions(self) -> list[dict[str, object]]:
        async with self.run.database.reading() as connection:
            assert (await verify_evidence(connection, self.broadcast_id)).intact
            chain = await chain_of(connection, self.broadcast_id)
        return [entry.payload for entry in chain if entry.kind == "decision" and entry.payload is not None]


@pytest.fixture
def desk(run: Runner) -> Desk:
    return Desk(run)


def test_a_lease_is_one_persons_until_it_is_over_or_let_go(desk: Desk) -> None:
    held = desk.held()
    lease = desk.run(desk.take(held, desk.ada, T))
    assert lease.until_wall_us == T + LEASE_US
    with pytest.raises(TakenError, match=r"Compliance is deciding this one") as taken:
        desk.run(desk.take(held, desk.ben, T + LEASE_US - 1))
    assert taken.value.fields["held_by"] == "Compliance"
    assert desk.run(desk.take(held, desk.ada, T + 2_000_000)).until_wall_us == T + 2_000_000 + LEASE_US
    assert desk.run(desk.take(held, desk.ben, T + 2_000_000 + LEASE_US)).name == "Ben"

    async def let_go() -> tuple[bool, bool, list[Lease]]:
        async with desk.run.database.transaction() as connection:
            others = await release_lease(connection, held, desk.ada)
            own = await release_lease(connection, held, desk.ben)
            return others, own, await leases_of(connection, desk.show_id, T)

    assert desk.run(let_go()) == (False, True, [])


def test_of_two_who_take_it_at_once_one_gets_it(desk: Desk) -> None:
    """Two connections, the second statement waiting on the first one's row until that commits."""
    held = desk.held()

    async def race() -> None:
        database = desk.run.database
        async with database.transaction() as first:
            await take_lease(first, await finding_by(first, held), desk.ada, T)
            second = asyncio.create_task(desk.take(held, desk.ben, T))
            await _blocked(desk, second)
        with pytest.raises(TakenError):
            await second

    desk.run(race())
    for _ in range(10):
        desk.run(_forget(desk))
        both = desk.run(_at_once(desk, held))
        assert sorted(type(each) is Lease for each in both) == [False, True]


def test_without_the_guard_both_would_hold_it(desk: Desk) -> None:
    """What the condition of the upsert is for: a plain look before writing lets both in."""
    held = desk.held()

    async def unguarded(by: Decider, other_looked: asyncio.Event, looked: asyncio.Event) -> bool:
        async with desk.run.database.transaction() as connection:
            free = await lease_on(connection, held) is None
            looked.set()
            await other_looked.wait()
            await connection.execute(
                sa.text(
                    "insert into finding_lease values (:f, :s, :p, :u) "
                    "on conflict (finding_id) do update set person_id = excluded.person_id"
                ),
                {"f": held, "s": desk.show_id, "p": by.id, "u": T + LEASE_US},
            )
        return free

    async def both() -> list[bool]:
        one, two = asyncio.Event(), asyncio.Event()
        return list(await asyncio.gather(unguarded(desk.ada, one, two), unguarded(desk.ben, two, one)))

    assert desk.run(both()) == [True, True]


def test_nobody_decides_what_a_colleague_holds(desk: Desk) -> None:
    held = desk.held()
    desk.run(desk.take(held, desk.ada, T))
    with pytest.raises(TakenError):
        desk.run(desk.decide(held, "clear", desk.ben, T + 1))
    desk.run(desk.decide(held, "bleep", desk.ada, T + 2))
    with pytest.raises(DecidedError, match="Compliance decided this one already: bleep"):
        desk.run(desk.decide(held, "clear", desk.ben, T + 3))
    with pytest.raises(DecidedError):
        desk.run(desk.take(held, desk.ben, T + 3))
    with pytest.raises(DecidedError):
        desk.run(desk.decide(held, "clear", desk.ben, T + 3, instead_of="cover"))
    desk.run(desk.decide(held, "cover", desk.ben, T + 4, instead_of="bleep"))
    desk.run(desk.take(held, desk.ben, T + 5))
    desk.run(desk.decide(held, "clear", desk.ben, T + 6))
    assert [each["kind"] for each in desk.run(desk.decisions())] == ["bleep", "cover", "clear"]
    with pytest.raises(TooLateError):
        desk.run(desk.decide(held, "bleep", desk.ben, OVER))
    with pytest.raises(TooLateError):
        desk.run(desk.take(held, desk.ben, OVER))


def test_of_two_decisions_at_once_one_counts(desk: Desk) -> None:
    held = desk.held()

    async def race() -> list[BaseException | None]:
        both = (desk.decide(held, "clear", desk.ada, T), desk.decide(held, "bleep", desk.ben, T))
        return list(await asyncio.gather(*both, return_exceptions=True))

    answers = desk.run(race())
    assert [type(each) for each in answers if each is not None] == [DecidedError]
    assert len(desk.run(desk.decisions())) == 1


@pytest.mark.parametrize(
    ("verdict", "policy", "outcome", "kind"),
    [
        ("block", "bleep", "bleeped", "bleep"),
        ("hold", "bleep", "bleeped", "bleep"),
        ("hold", "clear", "cleared", "clear"),
    ],
)
def test_what_nobody_decided_the_policy_decides_on_record(
    desk: Desk, verdict: str, policy: str, outcome: Outcome, kind: str
) -> None:
    held = desk.held(verdict=verdict, hold_policy=policy)
    desk.run(desk.aired(held, outcome))
    assert desk.run(desk.decisions()) == [
        {"finding_id": str(held), "kind": kind, "by": "policy", "verdict": verdict, "wall_us": OVER}
    ]


def test_the_policy_is_silent_where_a_person_spoke(desk: Desk) -> None:
    held = desk.held()
    desk.run(desk.take(held, desk.ada, T))
    desk.run(desk.decide(held, "clear", desk.ada, T))
    desk.run(desk.aired(held, "cleared"))
    assert [each.get("name") for each in desk.run(desk.decisions())] == ["Ada"]
    assert desk.found(held).outcome == "cleared"


def test_past_decisions_about_near_wordings_of_the_rule(desk: Desk) -> None:
    day_us = 86_400_000_000
    near = desk.held(T - day_us, quote="it's just nineteen ninety nine")
    far = desk.held(T - day_us, quote="free shipping for everyone in the country")
    other = desk.held(T - day_us, quote="it is nineteen ninety nine", rule="R7")
    old = desk.held(T - 91 * day_us, quote="it is nineteen ninety nine")
    undecided = desk.held(T - day_us, quote="it is nineteen ninety nine")
    for each, at_us in ((near, T - day_us), (far, T - day_us), (other, T - day_us), (old, T - 91 * day_us)):
        desk.run(desk.decide(each, "clear", desk.ada, at_us))
    found = desk.found(desk.held(quote="it is nineteen ninety-nine"))

    async def alike(*show_ids: ShowId) -> list[FindingId]:
        async with desk.run.database.reading() as connection:
            return [each.finding_id for each in await past_decisions_like(connection, found, show_ids, T)]

    assert desk.run(alike(desk.show_id)) == [near]
    assert desk.run(alike(ShowId(new_id()))) == []
    assert undecided


def test_a_card_only_for_what_aired_and_has_a_right_answer(desk: Desk) -> None:
    async def show(finding_id: FindingId, text: str, seconds: int = 12) -> None:
        async with desk.run.database.transaction() as connection:
            found = await finding_by(connection, finding_id)
            await record_correction(connection, found, text, seconds, by=desk.ada, at_us=T, now_us=T + 9_000_000)

    aired, bleeped = desk.held(), desk.held()
    no_fact = desk.held(facts={}, quote="nothing is softer")
    desk.run(desk.decide(aired, "clear", desk.ada, T))
    outcomes: list[tuple[FindingId, Outcome]] = [(aired, "cleared"), (bleeped, "bleeped"), (no_fact, "cleared")]
    for finding_id, outcome in outcomes:
        with pytest.raises(NothingToCorrectError):
            desk.run(show(finding_id, "The price is $24.99"))
        desk.run(desk.aired(finding_id, outcome))
    for finding_id in (bleeped, no_fact):
        with pytest.raises(NothingToCorrectError):
            desk.run(show(finding_id, "The price is $24.99"))
    for text, seconds in (("", 12), ("x" * 141, 12), ("The price is $24.99", 4), ("The price is $24.99", 61)):
        with pytest.raises(InvalidInputError):
            desk.run(show(aired, text, seconds))
    desk.run(show(aired, "The price\nis   $24.99\u202e, not $19.99"))

    async def look() -> tuple[list[str], list[dict[str, object] | None]]:
        async with desk.run.database.reading() as connection:
            cards = await corrections_of(connection, desk.broadcast_id)
            chain = await chain_of(connection, desk.broadcast_id)
        return [card.text for card in cards], [entry.payload for entry in chain if entry.kind == "correction"]

    cards, recorded = desk.run(look())
    assert cards == ["The price is $24.99 , not $19.99"]
    assert [(each or {})["name"] for each in recorded] == ["Ada"]
    for _ in range(CARDS_MAX - 1):
        desk.run(show(aired, "The price is $24.99"))
    with pytest.raises(NothingToCorrectError, match="say it on air"):
        desk.run(show(aired, "The price is $24.99"))


def test_retention_takes_cards_and_leases_with_the_rest_and_the_chain_holds(desk: Desk) -> None:
    aired, held = desk.held(), desk.held(T + 2_000_000)
    desk.run(desk.decide(aired, "clear", desk.ada, T))
    desk.run(desk.aired(aired, "cleared"))
    desk.run(desk.take(held, desk.ben, T))

    async def story() -> tuple[list[Correction], EvidenceReport, list[object]]:
        async with desk.run.database.transaction() as connection:
            found = await finding_by(connection, aired)
            await record_correction(connection, found, "The price is $24.99", 12, by=desk.ada, at_us=T, now_us=OVER)
        async with desk.run.database.transaction() as connection:
            await empty_record(connection, desk.broadcast_id, days=30, now_us=OVER)
        async with desk.run.database.reading() as connection:
            chain = await chain_of(connection, desk.broadcast_id)
            left = [entry.payload for entry in chain if entry.kind == "correction"]
            report = await verify_evidence(connection, desk.broadcast_id)
            return await corrections_of(connection, desk.broadcast_id), report, list(left)

    cards, report, left = desk.run(story())
    assert (cards, report.intact, left) == ([], True, [None])


async def _forget(desk: Desk) -> None:
    async with desk.run.database.transaction() as connection:
        await connection.execute(finding_lease.delete())


async def _at_once(desk: Desk, held: FindingId) -> list[Lease | BaseException]:
    taking = (desk.take(held, by, T) for by in (desk.ada, desk.ben))
    return list(await asyncio.gather(*taking, return_exceptions=True))


async def _blocked(desk: Desk, waiting: "asyncio.Task[Lease]") -> None:
    """Until PostgreSQL says that a connection waits for a lock."""
    async with asyncio.timeout(10):
        while not waiting.done():
            async with desk.run.database.reading() as connection:
                count = await connection.scalar(sa.text("select count(*) from pg_locks where not granted"))
            if count:
                return
            await asyncio.sleep(0)
    raise AssertionError("the second did not wait")
