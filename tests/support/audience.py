"""A broadcast that was watched and is over."""

from uuid import uuid4

from tallylight.audience.close_counts import SETTLED_US, close_counts
from tallylight.audience.keep_counts import keep_counts
from tallylight.audience.viewer_count import MINUTE_US, ViewerCount
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, ShowId
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast


async def watched_broadcast(
    database: Database, show_id: ShowId, *, started_us: int, by_minute: list[int]
) -> BroadcastId:
    """On air for a minute each; so many watched in it, the first of them all the time."""
    counted, process, tickets = ViewerCount(), uuid4(), list[int]()
    async with database.transaction() as connection:
        aired = await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us)
        for minute, wanted in enumerate(by_minute):
            at_us = started_us + minute * MINUTE_US
            while len(tickets) > wanted:
                counted.leave(show_id, tickets.pop(), at_us)
            while len(tickets) < wanted:
                tickets.append(counted.enter(show_id, f"viewer-{minute}-{len(tickets)}", at_us))
            counted.gather({show_id: (aired.id, started_us)}, at_us + MINUTE_US - 1)
        await keep_counts(connection, process, counted.counts)
        ended_us = started_us + len(by_minute) * MINUTE_US
        await end_broadcast(connection, aired.id, ended_us)
        assert await close_counts(connection, now_us=ended_us + SETTLED_US + 1) == 1
    return aired.id
