"""A crowd shares a read, and nobody gets an answer older than their question."""

import asyncio

import pytest

from tallylight.app.shared_turns import SharedTurns


def test_a_crowd_costs_two_reads_and_sees_what_it_wrote() -> None:
    async def story() -> None:
        turns: SharedTurns[int] = SharedTurns()
        state, reads, gate = 0, 0, asyncio.Event()

        async def read() -> int:
            nonlocal reads
            reads += 1
            seen = state
            await gate.wait()
            return seen

        first = asyncio.create_task(turns.take("show", read))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        state = 1
        crowd = [asyncio.create_task(turns.take("show", read)) for _ in range(100)]
        other = asyncio.create_task(turns.take("other", read))
        await asyncio.sleep(0)
        crowd[0].cancel()
        gate.set()
        assert await first == 0
        assert await asyncio.gather(*crowd[1:]) == [1] * 99
        assert (await other, reads) == (1, 3)
        assert turns._locks == {}
        assert turns._waiting == {}

    asyncio.run(story())


def test_an_error_is_shared_and_forgotten() -> None:
    async def story() -> None:
        turns: SharedTurns[int] = SharedTurns()

        async def fail() -> int:
            raise LookupError("away")

        async def answer() -> int:
            return 7

        for _ in range(2):
            results = await asyncio.gather(*(turns.take("show", fail) for _ in range(3)), return_exceptions=True)
            assert [type(one) for one in results] == [LookupError] * 3
        with pytest.raises(LookupError):
            await turns.take("show", fail)
        assert await turns.take("show", answer) == 7
        assert turns._locks == {}

    asyncio.run(story())
