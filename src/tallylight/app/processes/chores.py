"""What has to happen to deals, orders, accounts and counts by itself, at its time."""

from contextlib import suppress

from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.app.flows.disclose import follow_contracts
from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.app.flows.open_deals import open_due_deal_and_tell
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
from tallylight.foundation.clock import MICROSECONDS, Clock
from tallylight.foundation.database import Database
from tallylight.foundation.outbox import trim_events
from tallylight.ledger.release_reserves import RELEASED_A_TURN, release_reserves
from tallylight.members.delete_expired import delete_expired
from tallylight.members.queries import shop_ids

EVENTS_KEPT = 5_000
CAP_REACHED = "a funder's cap was reached"
WEBHOOKS_KEPT_US = 90 * 86_400 * MICROSECONDS
"""How long payment providers' events are remembered; none repeats one for more than some days."""
LINKS_KEPT_US = 86_400 * MICROSECONDS
"""How long it is known who asked for a shopper's link; each opens something for some minutes only."""


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

    async def follow_contracts(self) -> int:
        """Show or take away the disclosure where a contract began or ended on air; of how many shows."""
        async with self._database.transaction() as connection:
            return await follow_contracts(connection, self._clock.now_us())

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
