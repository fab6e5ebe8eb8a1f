"""Events leave after commit.

``publish`` writes an event into the transaction that makes it true; PostgreSQL's NOTIFY wakes the readers when,
and only when, it commits. Offsets are contiguous within a channel and epoch (the head row's lock orders the
writers), so a reader that knows (epoch, offset) can tell a gap from silence: snapshot + events = a fresh fetch.

Channels: ``show:{show_id}`` for everyone who may watch, ``control:{show_id}`` for its staff.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import ProgrammeTime
from tallylight.foundation.database import Json, metadata
from tallylight.foundation.ids import new_id

NOTIFY_CHANNEL = "tallylight_events"
EPHEMERAL_NOTIFY_CHANNEL = "tallylight_ephemeral"
EPHEMERAL_BYTES_MAX = 7_000

channel_head = sa.Table(
    "channel_head",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Uuid, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Uuid, primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=True, comment="programme time from which it holds; null: at once"),
    sa.Column("payload", Json, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)


class Position(msgspec.Struct, frozen=True):
    """A place in a channel. Offsets start at 1; 0 is before the first event."""

    epoch: UUID
    offset: int


class Event(msgspec.Struct, frozen=True):
    """One thing that happened, as every reader sees it."""

    channel: str
    position: Position
    type: str
    at_us: ProgrammeTime | None
    payload: dict[str, Any]


async def publish(
    connection: AsyncConnection,
    channel: str,
    type_: str,
    payload: dict[str, Any],
    *,
    at_us: int | None = None,
) -> Position:
    """Append an event to ``channel`` in this transaction and return its place.

    The channel's head row stays locked until commit, so publish last: writers of one channel queue here. Publish on
    several channels in the order of their names (``control:`` before ``show:``), or two writers may deadlock.
    """
    statement = insert(channel_head).values(channel=channel, epoch=new_id(), offset=1)
    head = (
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[channel_head.c.channel], set_={"offset": channel_head.c.offset + 1}
            ).returning(channel_head.c.epoch, channel_head.c.offset)
        )
    ).one()
    await connection.execute(
        event.insert().values(
            channel=channel, epoch=head.epoch, offset=head.offset, type=type_, at_us=at_us, payload=payload
        )
    )
    await connection.execute(sa.select(sa.func.pg_notify(NOTIFY_CHANNEL, channel)))
    return Position(head.epoch, head.offset)


class NewEvent(msgspec.Struct, frozen=True):
    """An event about to be published; ``payload`` is JSON text."""

    channel: str
    type: str
    payload: str
    at_us: int | None = None


def publish_clauses(first: int, *, after: str) -> str:
    """The WITH clauses that append events within a bigger statement, one round trip for everything.

    Its parameters are ``publish_arguments``, from ``$first`` on; nothing is published while the relation ``after`` is
    empty, and none of the channels is locked before it is there. The last clause is ``published``: select from it.
    """
    channel, type_, at_us, payload, channels, epochs, notify = (f"${first + place}" for place in range(7))
    return f"""
fresh as (
    select channel, type, at_us, payload, row_number() over (partition by channel order by place) as nth,
        count(*) over (partition by channel) as many
    from unnest({channel}::text[], {type_}::text[], {at_us}::bigint[], {payload}::jsonb[])
        with ordinality as t(channel, type, at_us, payload, place), {after}
), head as (
    insert into channel_head (channel, epoch, "offset")
    select u.channel, u.epoch, f.many from unnest({channels}::text[], {epochs}::uuid[]) as u(channel, epoch)
    join (select distinct channel, many from fresh) as f using (channel) order by u.channel
    on conflict (channel) do update set "offset" = channel_head."offset" + excluded."offset"
    returning channel, epoch, "offset"
), written as (
    insert into event (channel, epoch, "offset", type, at_us, payload)
    select channel, epoch, "offset" - many + nth, type, at_us, payload from fresh join head using (channel)
), published as (
    select pg_notify({notify}::text, head.channel) from head
)"""  # noqa: S608 - positions only


def publish_arguments(events: Sequence[NewEvent]) -> list[object]:
    """What ``publish_clauses`` takes."""
    channels = sorted({event.channel for event in events})
    return [
        [event.channel for event in events],
        [event.type for event in events],
        [event.at_us for event in events],
        [event.payload for event in events],
        channels,
        [new_id() for _ in channels],
        NOTIFY_CHANNEL,
    ]


async def head_of(connection: AsyncConnection, channel: str) -> Position | None:
    """Where ``channel`` ends now; None when nothing was ever published on it. Read it in the snapshot's own view."""
    row = (
        await connection.execute(
            sa.select(channel_head.c.epoch, channel_head.c.offset).where(channel_head.c.channel == channel)
        )
    ).first()
    return None if row is None else Position(row.epoch, row.offset)


async def events_after(connection: AsyncConnection, channel: str, position: Position, limit: int) -> list[Event]:
    """Up to ``limit`` events of ``channel`` after ``position``, in order; none from another epoch."""
    rows = await connection.execute(
        sa.select(event)
        .where(event.c.channel == channel, event.c.epoch == position.epoch, event.c.offset > position.offset)
        .order_by(event.c.offset)
        .limit(limit)
    )
    return [Event(row.channel, Position(row.epoch, row.offset), row.type, row.at_us, row.payload) for row in rows]


async def publish_ephemeral(connection: AsyncConnection, channel: str, type_: str, payload: dict[str, Any]) -> None:
    """Tell whoever listens on ``channel`` now and keep nothing: gauges that the next one replaces.

    It has no offset and is lost on a reader that is away. Raises ValueError over EPHEMERAL_BYTES_MAX.
    """
    text = msgspec.json.encode({"channel": channel, "type": type_, "payload": payload}).decode()
    if len(text.encode()) > EPHEMERAL_BYTES_MAX:
        raise ValueError("an ephemeral event must fit one PostgreSQL notification")
    await connection.execute(sa.select(sa.func.pg_notify(EPHEMERAL_NOTIFY_CHANNEL, text)))


async def redact_events(
    connection: AsyncConnection, channel: str, type_: str, *, ids: Collection[UUID], field: str, text: str
) -> int:
    """Put ``text`` for ``field`` into the events of that type whose payload has one of ``ids``; how many.

    For what a person wants forgotten: a reader that catches up must not be told it again.
    """
    changed = await connection.execute(
        event.update()
        .where(
            event.c.channel == channel,
            event.c.type == type_,
            event.c.payload["id"].astext.in_([str(each) for each in ids]),
        )
        .values(payload=sa.func.jsonb_set(event.c.payload, array([field]), sa.func.to_jsonb(sa.cast(text, sa.Text))))
    )
    return changed.rowcount


async def trim_events(connection: AsyncConnection, kept: int) -> int:
    """Forget all but each channel's last ``kept`` events; a reader who is further behind starts over. How many went."""
    old = sa.and_(event.c.channel == channel_head.c.channel, event.c.offset <= channel_head.c.offset - kept)
    gone = await connection.execute(sa.delete(event).where(old))
    return gone.rowcount
