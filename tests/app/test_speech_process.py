"""The speech process as a whole: it loads its model without a network, listens, and stops when told to."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from tallylight.app.processes import speech
from tallylight.app.review_link import Hello
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings
from tallylight.foundation.wire import encode_frame
from tests.conftest import Runner

pytestmark = pytest.mark.alone


def test_it_listens_and_stops_when_told(run: Runner, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=run.database.url)

    async def scenario() -> bytes:
        ready, stop = asyncio.Event(), asyncio.Event()
        process = asyncio.create_task(speech.serve(settings, ready, stop))
        await asyncio.wait_for(ready.wait(), 60)
        assert settings.speech_socket.stat().st_mode & 0o077 == 0
        reader, writer = await asyncio.open_unix_connection(settings.speech_socket)
        writer.write(encode_frame(Hello(uuid4(), uuid4())))
        refused = await reader.read()
        stop.set()
        await asyncio.wait_for(process, 30)
        return refused

    assert run(scenario()) == b""
    assert not settings.speech_socket.exists()


def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="DATABASE_URL"):
        asyncio.run(speech.serve(Settings(data_dir=tmp_path)))


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none", speech_model=f"{tmp_path}/x"
    )
    with pytest.raises(InvalidInputError, match=r"model\.bin"):
        asyncio.run(speech.serve(settings))
