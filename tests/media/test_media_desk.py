"""Broadcasts of one media process: each is closed once, whoever asks; the desk's commands reach its gate."""

import asyncio
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.record_of_air import RecordOfAir
from tallylight.compliance.models import evidence
from tallylight.foundation.clock import SteadyClock, SystemClock
from tallylight.foundation.ids import new_id
from tallylight.media.origin import OriginDirectory
from tallylight.media.peers import Peers
from tallylight.media.recording import recording_dir
from tallylight.media.rtmp_connection import Accepted
from tallylight.shows.types import GateCommand
from tests.conftest import Runner
from tests.media.house import make_show
from tests.media.sources import make_source


class Encoder:
    """A publisher that never has to wait."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def refuse(self, error: Exception) -> None: ...

    def close(self) -> None: ...


def test_a_beat_and_the_end_of_the_process_close_a_broadcast_once(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        _, key = await make_show(run.database, delay_ms=0)
        clock = SteadyClock(SystemClock())
        journal = Journal(run.database)
        desk = MediaDesk(
            run.database, clock, RecordOfAir(journal, "http://127.0.0.1"), OriginDirectory(clock, tmp_path, b"k" * 32),
            recordings_dir=tmp_path, speech_socket=tmp_path / "nobody.sock", sealing_key=b"k" * 32,
            publish_key=b"k" * 32, peers=Peers("media"),
        )  # fmt: skip
        accepted = await desk.authorise("live", key, Encoder())
        assert isinstance(accepted, Accepted)
        source = make_source(3)
        for message in (*source.configs, *source.messages):
            take = accepted.sink.video if message.kind == "video" else accepted.sink.audio
            take(message.timestamp_ms, message.payload)
        (on_air,) = desk.on_air()
        on_air.end()
        # The process ends while the closing that a beat began is still under way.
        await asyncio.gather(desk.close(), desk.close())
        assert desk.on_air() == []
        assert (recording_dir(tmp_path, on_air.broadcast_id, "original") / "replay.m3u8").exists()
        writing = asyncio.create_task(journal.run())
        await journal.drained(10)
        writing.cancel()
        ended = sa.select(sa.func.count()).where(evidence.c.payload["event"].astext == "ended")
        async with run.database.transaction() as connection:
            assert await connection.scalar(ended) == 1

    run(asyncio.wait_for(story(), 40))


def test_a_phrase_that_was_only_noted_can_be_stopped_until_it_begins_to_air(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        show_id, key = await make_show(run.database, delay_ms=8_000)
        clock = SteadyClock(SystemClock())
        desk = MediaDesk(
            run.database, clock, RecordOfAir(Journal(run.database), "http://127.0.0.1"),
            OriginDirectory(clock, tmp_path, b"k" * 32),
            recordings_dir=tmp_path, speech_socket=tmp_path / "nobody.sock", sealing_key=b"k" * 32,
            publish_key=b"k" * 32, peers=Peers("media"),
        )  # fmt: skip
        accepted = await desk.authorise("live", key, Encoder())
        assert isinstance(accepted, Accepted)
        source = make_source(3)
        for message in (*source.configs, *source.messages):
            take = accepted.sink.video if message.kind == "video" else accepted.sink.audio
            take(message.timestamp_ms, message.payload)
        (on_air,) = desk.on_air()
        started_us = on_air.started_us
        assert started_us is not None

        def told(kind: Literal["clear", "bleep"], start_us: int) -> bool:
            span = (start_us, start_us + 500_000)
            return on_air.command(GateCommand(1, show_id, kind, new_id(), clock.now_us(), span))

        held = (started_us + 1_000_000, started_us + 1_500_000)
        assert on_air.line.gate.aired_clear(*held)
        assert told("clear", held[0]) is False, "it airs as it is"
        assert told("bleep", started_us - 1_000_000) is False, "too late"
        assert on_air.line.gate.aired_clear(*held)
        assert told("bleep", held[0]) is True
        assert not on_air.line.gate.aired_clear(*held)
        await desk.close()

    run(asyncio.wait_for(story(), 40))
