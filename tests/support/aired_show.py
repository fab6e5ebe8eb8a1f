"""A broadcast that is over, with the chain that a live one leaves: words, stops, a ruling, a late stretch."""

from uuid import UUID

import msgspec

from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.record_finding import record_words
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, ShowId, new_id
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tallylight.speech.recogniser import Word
from tests.support.small_shop import SmallShop

SAID = "Hello, I am paid by the brand. It cures eczema in a week. There are only two left. It ends tonight."


class AiredShow(msgspec.Struct):
    """Ids of what was found: a block that was bleeped, a hold that a person cleared."""

    broadcast_id: BroadcastId
    started_us: int
    bleeped: UUID
    cleared: UUID


def spoken(text: str, started_us: int) -> list[Word]:
    """A word every 400 ms."""
    return [
        Word(word, started_us + at * 400_000, started_us + at * 400_000 + 350_000, 900)
        for at, word in enumerate(text.split())
    ]


async def air_show(database: Database, small: SmallShop, started_us: int, said: str = SAID) -> AiredShow:
    """Twenty seconds on air, over by now."""
    words = spoken(said, started_us)
    shown = AiredShow(BroadcastId(new_id()), started_us, new_id(), new_id())
    async with database.transaction() as connection:
        await start_broadcast(
            connection,
            ShowId(small.show.id),
            delay_ms=8000,
            started_us=started_us,
            broadcast_id=shown.broadcast_id,
        )

        async def note(kind: str, payload: dict[str, object], at_us: int) -> None:
            await record_evidence(connection, shown.broadcast_id, kind, payload, at_us)

        show = {"title": "Evening glow", "shop": "Aurora", "host": "Mara", "host_is_paid": True, "market": "us-en"}
        began = {"event": "started", "delay_ms": 8000, "fail_open": False, "hold_policy": "bleep", "show": show}
        await note("gate", began, started_us)
        for first in range(0, len(words), 5):
            line = words[first : first + 5]
            await record_words(connection, shown.broadcast_id, line, judged_us=line[0].start_us)
        for finding_id, at, verdict in ((shown.bleeped, 7, "block"), (shown.cleared, 13, "hold")):
            quote = " ".join(word.text for word in words[at : at + 3])
            finding = {
                "id": finding_id, "rule": "R1", "rule_title": "Disease claim", "verdict": verdict, "quote": quote,
                "start_us": words[at].start_us, "end_us": words[at + 2].end_us, "reason": "it says so",
                "citation": "21 CFR 101.93(g)", "facts": {"stock": 140}, "say_instead": None, "action": "bleep",
            }  # fmt: skip
            await note("finding", {"finding": finding}, words[at].start_us)
        ruling = {"finding_id": shown.cleared, "kind": "clear", "by": new_id(), "name": "Ada", "wall_us": started_us}
        await note("decision", ruling, started_us)
        await note("gate", {"event": "late.began", "start_us": started_us + 9_000_000}, started_us)
        late = {"event": "late.ended", "start_us": started_us + 9_000_000, "end_us": started_us + 10_000_000}
        await note("gate", late, started_us)
        for finding_id, outcome in ((shown.bleeped, "bleeped"), (shown.cleared, "cleared")):
            await note("aired", {"id": finding_id, "outcome": outcome, "start_us": 1, "end_us": 2}, started_us)
        ended_us = started_us + 20_000_000
        await end_broadcast(connection, shown.broadcast_id, ended_us)
        await note("gate", {"event": "ended"}, ended_us)
    return shown
