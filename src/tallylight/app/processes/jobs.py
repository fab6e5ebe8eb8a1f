"""The jobs process: what has to happen by itself at its time, from a queue in PostgreSQL."""

import asyncio
import signal
from contextlib import suppress

import procrastinate
import structlog
from procrastinate import PsycopgConnector

from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.app.flows.open_deals import open_due_deal_and_tell
from tallylight.app.processes.evidence_jobs import EvidenceChores, add_evidence_jobs
from tallylight.app.processes.mail_jobs import MailChores, add_mail_jobs
from tallylight.audience.close_counts import close_counts
from tallylight.audience.keep_item_viewers import forget_item_viewers
from tallylight.checkout.hear_provider import forget_events
from tallylight.checkout.shoppers.note_orders import NOTED_A_TURN, note_orders
from tallylight.checkout.shoppers.redact_orders import redact_orders
from tallylight.checkout.shoppers.send_link import forget_links
from tallylight.checkout.shoppers.sessions import forget_sessions
from tallylight.deals.ask_at_cap import ask_at_cap
from tallylight.deals.caps_reached import deals_at_cap
from tallylight.deals.errors import DealStateError
from tallylight.deals.queries import deals_to_end, deals_to_open
from tallylight.foundation.clock import MICROSECONDS, Clock, SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.outbox import trim_events
from tallylight.foundation.settings import Settings
from tallylight.ledger.release_reserves import RELEASED_A_TURN, release_reserves
from tallylight.members.delete_expired import delete_expired
from tallylight.members.queries import shop_ids

EVENTS_KEPT = 5_000
CAP_REACHED = "a funder's cap was reached"
WEBHOOKS_KEPT_US = 90 * 86_400 * MICROSECONDS
"""How long payment providers' events are remembered; none repeats one for more than some days."""
LINKS_KEPT_US = 86_400 * MICROSECONDS
"""How long it is known who asked for a shopper's link; each opens something for some minutes only."""
GRACE_S = 5
CONCURRENCY = 4

_log = structlog.get_logger()


class Chores:
    """What the periodic jobs do. Each may run twice or late: they look at what is due, and do that."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open_deals(self) -> int:
        """Open the scheduled deals whose programme time has come; how many."""
        now_us = self._clock.now_us()
        async with self._database.transaction() as connection:
            due = await deals_to_open(connection, now_us=now_us)
        opened = 0
        for deal_id in due:
            # A transaction each: one that cannot open must not keep the others shut.
            async with self._database.transaction() as connection:
                opened += await open_due_deal_and_tell(connection, deal_id, now_us)
        return opened

    async def end_deals(self) -> int:
        """End the deals whose programme time is over, or whose funders' caps end them; how many."""
        now_us = self._clock.now_us()
        async with self._database.transaction() as connection:
            due = [(deal_id, "time") for deal_id in await deals_to_end(connection, now_us=now_us)]
            over = {deal_id for deal_id, _ in due}
            at_cap = [deal_id for deal_id in await deals_at_cap(connection, now_us=now_us) if deal_id not in over]
        ended = 0
        for deal_id, reason in [*due, *((each, CAP_REACHED) for each in at_cap)]:
            # A transaction each: one that cannot end must not keep the others open.
            with suppress(DealStateError):
                async with self._database.transaction() as connection:
                    await end_deal_and_tell(connection, deal_id, now_us, reason=reason)
                ended += 1
        return ended

    async def ask_funders(self) -> int:
        """Ask funders whose caps make deals stand still; about how many deals something changed."""
        async with self._database.transaction() as connection:
            return len(await ask_at_cap(connection, now_us=self._clock.now_us()))

    async def charge_orders(self) -> int:
        """Post commission by plan, fees and reserves of the sales that wait for them; how many orders."""
        return await charge_due_orders(self._database, now_us=self._clock.now_us())

    async def release_reserves(self) -> int:
        """Release the reserves whose days are over; how many."""
        released = 0
        while True:
            async with self._database.transaction() as connection:
                done = await release_reserves(connection, now_us=self._clock.now_us())
            released += done
            if done < RELEASED_A_TURN:
                return released

    async def note_buyers(self) -> int:
        """Note whose the newest orders are, for the accounts of shoppers; how many orders."""
        async with self._database.reading() as connection:
            shops = await shop_ids(connection)
        noted = 0
        for shop_id in shops:
            while True:
                async with self._database.transaction() as connection:
                    fresh = await note_orders(connection, shop_id)
                noted += fresh
                if fresh < NOTED_A_TURN:
                    break
        return noted

    async def close_counts(self) -> int:
        """Add up who watched the broadcasts that are over; how many broadcasts."""
        async with self._database.transaction() as connection:
            return await close_counts(connection, now_us=self._clock.now_us())

    async def redact_orders(self) -> int:
        """Take the buyers out of orders whose accounts were deleted, as far as nobody needs them; how many orders."""
        now_us = self._clock.now_us()
        redacted = 0
        while True:
            async with self._database.transaction() as connection:
                done = await redact_orders(connection, now_us=now_us)
            redacted += done
            if not done:
                return redacted

    async def tidy(self) -> int:
        """Delete expired sessions, links and counts, and events that no reader can ask for; how many rows."""
        async with self._database.transaction() as connection:
            expired = await delete_expired(connection, self._clock)
        now_us = self._clock.now_us()
        async with self._database.transaction() as connection:
            expired += await forget_sessions(connection, now_us=now_us)
            expired += await forget_links(connection, before_us=now_us - LINKS_KEPT_US)
            expired += await forget_item_viewers(connection, now_us=now_us)
        async with self._database.transaction() as connection:
            expired += await forget_events(connection, before_us=self._clock.now_us() - WEBHOOKS_KEPT_US)
        async with self._database.transaction() as connection:
            return expired + await trim_events(connection, EVENTS_KEPT)


def create_jobs(database_url: str, chores: Chores) -> procrastinate.App:
    """The queue with its periodic jobs.

    A queueing lock keeps a slow job from piling up. There is no running lock: one held by a worker that was killed
    would stop the job for good, and two at once do no harm.
    """
    app = procrastinate.App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=4))

    @app.periodic(cron="* * * * * */2")
    @app.task(name="end_deals", queueing_lock="end_deals")
    async def end_deals(timestamp: int) -> None:
        ended = await chores.end_deals()
        if ended:
            _log.info("deals ended at their time", deals=ended)

    @app.periodic(cron="* * * * * */5")
    @app.task(name="ask_funders", queueing_lock="ask_funders")
    async def ask_funders(timestamp: int) -> None:
        asked = await chores.ask_funders()
        if asked:
            _log.info("funders asked at their caps", deals=asked)

    @app.periodic(cron="* * * * * */5")
    @app.task(name="charge_orders", queueing_lock="charge_orders")
    async def charge_orders(timestamp: int) -> None:
        charged = await chores.charge_orders()
        if charged:
            _log.info("orders charged", orders=charged)

    @app.periodic(cron="*/15 * * * *")
    @app.task(name="release_reserves", queueing_lock="release_reserves")
    async def release_due_reserves(timestamp: int) -> None:
        released = await chores.release_reserves()
        if released:
            _log.info("reserves released", reserves=released)

    @app.periodic(cron="* * * * * */2")
    @app.task(name="open_deals", queueing_lock="open_deals")
    async def open_deals(timestamp: int) -> None:
        opened = await chores.open_deals()
        if opened:
            _log.info("scheduled deals opened", deals=opened)

    @app.periodic(cron="* * * * * */5")
    @app.task(name="note_buyers", queueing_lock="note_buyers")
    async def note_buyers(timestamp: int) -> None:
        await chores.note_buyers()

    @app.periodic(cron="* * * * * */15")
    @app.task(name="close_counts", queueing_lock="close_counts")
    async def close_viewer_counts(timestamp: int) -> None:
        closed = await chores.close_counts()
        if closed:
            _log.info("viewers of broadcasts counted", broadcasts=closed)

    @app.periodic(cron="* * * * *")
    @app.task(name="redact_orders", queueing_lock="redact_orders")
    async def redact_deleted(timestamp: int) -> None:
        redacted = await chores.redact_orders()
        if redacted:
            _log.info("orders of deleted accounts were redacted", orders=redacted)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="tidy", queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:
        _log.info("tidied", rows=await chores.tidy())

    return app


async def forget_stalled(app: procrastinate.App) -> int:
    """Delete what a killed worker left half done: the next turn of each periodic job does it anyway."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for job in stalled:
        await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=True)
    return len(stalled)


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a job that is running gets GRACE_S to end."""
    configure_logs(settings.log_level, process="jobs")
    if settings.database_url is None:
        raise InvalidInputError("DATABASE_URL is not set; start the server with `tallylight serve`")
    asyncio.run(_work(settings, settings.database_url))


async def _work(settings: Settings, database_url: str) -> None:
    database = Database(database_url, pool_size=CONCURRENCY, application_name="tallylight jobs")
    app = create_jobs(database_url, Chores(database, SystemClock()))
    add_evidence_jobs(app, EvidenceChores(database, SystemClock(), settings.recordings_dir))
    if settings.smtp_url is not None:
        add_mail_jobs(app, MailChores(database, SystemClock(), settings))
    async with app.open_async():
        await forget_stalled(app)
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=GRACE_S,
            )
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.cancel)
        _log.info("the jobs process works")
        with suppress(asyncio.CancelledError):
            await worker
    await database.close()
