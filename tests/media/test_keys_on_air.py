"""The keys on a real media process: a dump by command, wait and exit, and the replay when the show ends."""

import asyncio
from pathlib import Path

import pytest

from tallylight.app.flows.cut_stops import cut_stops
from tallylight.compliance.models import evidence
from tallylight.foundation.clock import SystemClock
from tallylight.media.stream_address import replay_path
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.models import broadcast
from tallylight.shows.types import GateKind
from tests.conftest import Runner
from tests.media.aired import decode_playlist
from tests.media.house import House, open_house, until
from tests.media.publishing import Push
from tests.media.sources import make_source

SECOND = 1_000_000


async def press(house: House, kind: GateKind, amount_ms: int | None = None) -> None:
    async with house.database.transaction() as connection:
        await give_gate_command(
            connection, house.show_id, kind, given_us=SystemClock().now_us(), given_by=None, amount_ms=amount_ms
        )


async def gate_facts(house: House) -> dict[str, dict[str, int]]:
    """What the gate put on record, by event."""
    return {row["payload"]["event"]: row["payload"] for row in await house.rows(evidence) if row["kind"] == "gate"}


@pytest.mark.alone
def test_a_dump_then_wait_and_exit_and_the_replay_at_once(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        async with open_house(run.database, tmp_path, delay_ms=3_000) as house:
            async with Push(house.rtmp_url, make_source(14)):
                base = await house.base()
                live = await house.http.get(f"{base}/live.m3u8?_HLS_msn=1&_HLS_part=0")
                assert live.status_code == 200
                await press(house, "dump", 2_000)

                async def dumped() -> bool:
                    return "dump.ended" in await gate_facts(house)

                await until(dumped)
                await press(house, "end")
            live_text = live.text

            async def over() -> bool:
                return all(row["ended_us"] is not None for row in await house.rows(broadcast))

            await until(over)
            [broadcast_id] = await house.broadcast_ids()
            folder = replay_path(broadcast_id).rpartition("/")[0]
            answer = await house.http.get(replay_path(broadcast_id))
            assert answer.status_code == 200, "the replay is there as soon as the end is on record"
            text = answer.text
            names = {line for line in text.splitlines() if line and not line.startswith("#")}
            names |= {piece.split('"')[0] for piece in text.split('URI="')[1:]}
            files = {name: (await house.http.get(f"{folder}/{name}")).content for name in names}
            replay = await asyncio.to_thread(decode_playlist, text, files.__getitem__)
            dates = [line for line in live_text.splitlines() if "PROGRAM-DATE-TIME" in line]
            assert dates[0] in text, "with the programme times of the live show"
            facts = await gate_facts(house)
            start_us, end_us = facts["dump.ended"]["start_us"], facts["dump.ended"]["end_us"]
            assert end_us - start_us > 1_500_000
            assert replay.level_db(start_us + 30_000, end_us - 30_000) < -80
            assert replay.level_db(start_us - 700_000, start_us - 50_000) > -20
            assert {p.number for p in replay.pictures if start_us <= p.at_us < end_us} == {None}
            assert await cut_stops(
                house.database, house.settings.recordings_dir, broadcast_id, now_us=SystemClock().now_us()
            ) == 2, "off-air and on-air, for legal"  # fmt: skip
            cut = sorted(path.name for path in tmp_path.rglob("*.flac"))
            assert [name.rsplit("-", 2)[0].split("-")[0] for name in cut] == ["dump", "dump"]
            assert {name.partition("Z-")[2] for name in cut} == {"off-air.flac", "on-air.flac"}

    run(asyncio.wait_for(story(), 60))
