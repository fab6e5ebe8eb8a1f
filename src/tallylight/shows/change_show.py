"""Changes a show's plan while it is not on air."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId, ShowId
from tallylight.shows.create_show import check_frame, require_host
from tallylight.shows.errors import AiredError, OnAirError, SlugTakenError
from tallylight.shows.models import show
from tallylight.shows.queries import latest_broadcast, show_by
from tallylight.shows.types import Show


async def change_show(
    connection: AsyncConnection,
    show_id: ShowId,
    *,
    title: str,
    slug: str,
    host_name: str,
    host_person_id: PersonId | None,
    market: str,
    delay_ms: int,
    starts_at: datetime | None,
) -> Show:
    """The show as it is planned from now on.

    Raises OnAirError while it is on air; AiredError, naming the field, for what a show that aired once cannot change
    any more; SlugTakenError; InvalidInputError naming a field that is wrong; NotFoundError.
    """
    check_frame(slug=slug, title=title, host_name=host_name, market=market, delay_ms=delay_ms, starts_at=starts_at)
    # A broadcast that begins waits for this row, or this for its commit: what is on air is never changed below it.
    await connection.execute(sa.select(show.c.id).where(show.c.id == show_id).with_for_update())
    old = await show_by(connection, show_id)
    wanted: dict[str, object] = {
        "title": title.strip(),
        "slug": slug,
        "host_name": host_name.strip(),
        "host_person_id": host_person_id,
        "market": market,
        "delay_ms": delay_ms,
        "starts_at": starts_at,
    }
    changed = {name: value for name, value in wanted.items() if value != getattr(old, name)}
    await _refuse_what_aired(connection, show_id, changed)
    if changed.get("host_person_id") is not None and host_person_id is not None:
        await require_host(connection, old.shop_id, host_person_id)
    if changed:
        await _write(connection, show_id, changed)
    return await show_by(connection, show_id)


async def _refuse_what_aired(connection: AsyncConnection, show_id: ShowId, changed: dict[str, object]) -> None:
    latest = await latest_broadcast(connection, show_id)
    if latest is None:
        return
    if latest.ended_us is None:
        raise OnAirError("the show is on air; change it when it is over")
    for field, what in (("slug", "address"), ("host_name", "host"), ("host_person_id", "host"), ("market", "market")):
        if field in changed:
            raise AiredError(
                f"this show has been on air: its replay and its record keep the {what}; plan a new show", field=field
            )


async def _write(connection: AsyncConnection, show_id: ShowId, changed: dict[str, object]) -> None:
    try:
        async with connection.begin_nested():
            await connection.execute(show.update().where(show.c.id == show_id).values(changed))
    except IntegrityError as error:
        raise SlugTakenError(
            f"another show lives at {changed.get('slug')}; choose another slug", field="slug"
        ) from error
