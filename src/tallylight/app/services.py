"""What the web process's routes share: made once, passed in, nothing global."""

import asyncio

import sqlalchemy.exc
import structlog

from tallylight.app.carrier_services import carrier_services
from tallylight.app.flows.ask_carrier_rates import CarrierAsker
from tallylight.app.flows.ask_tax_rates import TaxAsker
from tallylight.app.flows.verify_disclosure import verify_disclosure
from tallylight.app.payment_providers import payment_providers
from tallylight.app.shared_turns import SharedTurns
from tallylight.app.tax_services import tax_services
from tallylight.app.trusted_networks import trusted_networks
from tallylight.app.views import ShowList, ShowView
from tallylight.audience.chat_guard import ChatGuard
from tallylight.audience.delivery import Delivery
from tallylight.audience.item_viewers import ItemViewers
from tallylight.audience.keep_counts import keep_counts, on_air_of
from tallylight.audience.keep_item_viewers import keep_item_viewers
from tallylight.audience.reactions import Reactions
from tallylight.audience.viewer_count import ViewerCount
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import MICROSECONDS, Clock, SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShowId, new_id
from tallylight.foundation.outbox import publish_ephemeral
from tallylight.foundation.rate_limit import RateLimit
from tallylight.foundation.settings import Settings

GAUGE_PERIOD_S = 1.0
COUNT_PERIOD_S = 5.0

_log = structlog.get_logger()


class Services:
    """Settings, database, clock and the parts with a life of their own. ``start()`` them, ``stop()`` them."""

    def __init__(self, settings: Settings, database: Database, clock: Clock | None = None) -> None:
        self.settings = settings
        self.database = database
        self.clock: Clock = clock or SystemClock()
        self.delivery = Delivery(database, self.clock)
        self.chat_guard = ChatGuard()
        self.reactions = Reactions()
        self.viewer_count = ViewerCount()
        self.item_viewers = ItemViewers()
        self._process = new_id()
        self.sign_ins_by_address = RateLimit(interval_us=3 * MICROSECONDS, burst=10)
        self.sign_ins_by_email = RateLimit(interval_us=20 * MICROSECONDS, burst=10)
        self.links_by_address = RateLimit(interval_us=6 * MICROSECONDS, burst=20)
        self.links_by_shop = RateLimit(interval_us=MICROSECONDS // 20, burst=500)
        self.accounts = RateLimit(interval_us=MICROSECONDS // 20, burst=200)
        self.invitations = RateLimit(interval_us=180 * MICROSECONDS, burst=20)
        self.exports = RateLimit(interval_us=60 * MICROSECONDS, burst=5)
        self.quotes = RateLimit(interval_us=MICROSECONDS // 50, burst=500)
        # Behind one address there may be a whole mobile network: a crowd at once, and then a steady few.
        self.follows_by_address = RateLimit(interval_us=2 * MICROSECONDS, burst=200)
        self.follows_by_viewer = RateLimit(interval_us=5 * MICROSECONDS, burst=6)
        self.looks = RateLimit(interval_us=MICROSECONDS // 20, burst=200)
        self.receipts = RateLimit(interval_us=MICROSECONDS // 10, burst=100)
        self.payment_checks = RateLimit(interval_us=MICROSECONDS // 5, burst=50)
        self.webhooks = RateLimit(interval_us=MICROSECONDS // 50, burst=500)
        self.warehouse = RateLimit(interval_us=MICROSECONDS // 20, burst=200)
        # Connections of its own: a rush at checkout must not wait behind page views, nor they behind it.
        self.sale_desk = SaleDesk(
            database.url, self.clock, payment_providers(settings, database), door_host=settings.desk_host
        )
        self.tax_asker = TaxAsker(database, self.clock, tax_services(settings))
        self.carrier_asker = CarrierAsker(database, self.clock, carrier_services(settings))
        self.trusted_proxies = trusted_networks(settings.trusted_proxies)
        self.show_views: SharedTurns[ShowView] = SharedTurns()
        self.show_lists: SharedTurns[ShowList] = SharedTurns()
        self.failed = asyncio.Event()
        """Set when a part has died and the process should end, to be started again."""
        self._viewers_told: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def secure_cookies(self) -> bool:
        """Whether the outside world reaches us by https, so that cookies may insist on it."""
        return (self.settings.public_url or "").startswith("https://")

    @property
    def sends_mail(self) -> bool:
        """Whether the jobs process can write to people."""
        return self.settings.smtp_url is not None and bool(self.settings.mail_from)

    async def start(self) -> None:
        """Begin to deliver events, tell gauges and sell."""
        await self.sale_desk.start()
        self._tasks = [
            asyncio.create_task(self.delivery.run(), name="delivery"),
            asyncio.create_task(self._tell_gauges(), name="gauges"),
            asyncio.create_task(self._keep_counting(), name="viewer count"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._task_ended)

    async def stop(self) -> None:
        """End all that; what is being sold is finished first."""
        self.delivery.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.sale_desk.stop()

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """A part with a life of its own has died of a fault: without it the process is no use."""
        if not task.cancelled() and task.exception() is not None:
            _log.critical("a part of the web process failed", part=task.get_name(), exc_info=task.exception())
            self.failed.set()

    async def _tell_gauges(self) -> None:
        """Once a second: hearts since the last time, and viewers where their number changed."""
        while True:
            await asyncio.sleep(GAUGE_PERIOD_S)
            self._tell_viewers()
            counts = self.reactions.drain()
            if not counts:
                continue
            try:
                async with self.database.transaction() as connection:
                    for show_id, count in counts.items():
                        await publish_ephemeral(connection, f"show:{show_id}", "reactions", {"count": count})
            except (OSError, sqlalchemy.exc.SQLAlchemyError):
                _log.warning("reactions were lost while the database is away", shows=len(counts))

    async def _keep_counting(self) -> None:
        """What was counted in the last seconds of a process that is killed is lost, and nothing before that."""
        while True:
            await asyncio.sleep(COUNT_PERIOD_S)
            try:
                await self.keep_viewer_count()
            except (OSError, sqlalchemy.exc.SQLAlchemyError):
                _log.warning("viewers are counted on and written when the database is back")

    async def keep_viewer_count(self) -> None:
        """Count who watches the shows on air and what they look at, and write it down."""
        counted, now_us = self.viewer_count, self.clock.now_us()
        shows = counted.shows() | self.item_viewers.shows(now_us)
        if not shows:
            return
        async with self.database.transaction() as connection:
            on_air = await on_air_of(connection, shows)
            counted.gather(on_air, now_us)
            fresh = {broadcast_id: each for broadcast_id, each in counted.counts.items() if not each.written}
            await keep_counts(connection, self._process, fresh)
            looked_at = {show_id: self.item_viewers.looked(show_id, now_us) for show_id in on_air}
            shown = await keep_item_viewers(connection, self._process, looked_at, now_us=now_us)
            for show_id, each_shown in shown.items():
                await verify_disclosure(connection, ShowId(show_id), each_shown, now_us)
        for each in fresh.values():
            each.written = True

    def _tell_viewers(self) -> None:
        shows = {name for name in self.delivery.channels() if name.startswith("show:")}
        for name in shows | set(self._viewers_told):
            now = self.delivery.readers_on(name)
            if self._viewers_told.get(name, 0) != now:
                self.delivery.tell(name, "viewers", {"now": now})
                self.delivery.tell(name.replace("show:", "control:", 1), "viewers", {"now": now})
            if now:
                self._viewers_told[name] = now
            else:
                self._viewers_told.pop(name, None)
