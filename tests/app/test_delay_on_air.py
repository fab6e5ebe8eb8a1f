"""Until when the desk may decide follows the delay as it is when the words air, not as it was planned."""

from tallylight.app.flows.withhold_speech.delay_on_air import delay_on_air_us
from tallylight.foundation.ids import ShowId
from tallylight.media.delay_slew import SLEW_PART
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tests.conftest import Runner
from tests.media.house import make_show

SECOND = 1_000_000
STARTED_US = 1_750_000_000 * SECOND
PLANNED_US = 8 * SECOND


def test_the_delay_is_the_one_that_the_gate_has_when_the_words_air(run: Runner) -> None:
    lowered_us, raised_us = STARTED_US + 60 * SECOND, STARTED_US + 600 * SECOND

    async def story() -> None:
        show_id, _ = await make_show(run.database, delay_ms=PLANNED_US // 1000)
        async with run.database.transaction() as connection:

            async def delay_us(said_us: int) -> int:
                return await delay_on_air_us(connection, show_id, said_us, PLANNED_US)

            assert await delay_us(STARTED_US) == PLANNED_US, "nothing is on air yet"
            earlier = await start_broadcast(connection, show_id, delay_ms=8_000, started_us=STARTED_US - 900 * SECOND)
            await change(show_id, STARTED_US - 800 * SECOND, 1)
            await end_broadcast(connection, earlier.id, STARTED_US - 700 * SECOND)
            await start_broadcast(connection, show_id, delay_ms=8_000, started_us=STARTED_US)
            assert await delay_us(STARTED_US) == PLANNED_US, "another broadcast's delay is not this one's"

            await change(show_id, lowered_us, 4)
            assert await delay_us(lowered_us - PLANNED_US) == PLANNED_US, "it airs as the slide begins"
            assert 4 * SECOND < await delay_us(lowered_us) < PLANNED_US, "the slide is under way"
            assert await delay_us(lowered_us + SLEW_PART * 4 * SECOND) == 4 * SECOND

            await change(show_id, raised_us, 10)
            assert await delay_us(raised_us - 4 * SECOND) == 4 * SECOND
            said_us = raised_us + 10 * SECOND
            aired_us = said_us + await delay_us(said_us)
            assert aired_us - said_us == 4 * SECOND + (aired_us - raised_us) // SLEW_PART
            assert await delay_us(raised_us + SLEW_PART * 6 * SECOND) == 10 * SECOND

    async def change(show_id: ShowId, given_us: int, seconds: int) -> None:
        async with run.database.transaction() as connection:
            await give_gate_command(
                connection, show_id, "delay", given_us=given_us, given_by=None, amount_ms=seconds * 1000
            )

    run(story())
