"""Changes a show's plan while it is not on air."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId, ShowId
from tallylight.shows.create_show import check_frame, require_host
from tallylight.shows.errors import AiredError, SlugTakenError
from tallylight.shows.lock_plan import lock_plan
from tallylight.shows.models import show
from tallylight.shows.queries import show_by
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
    latest = await lock_plan(connection, show_id)
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
    if latest is not None:
        _refuse_what_aired(changed)
    if changed.get("host_person_id") is not None and host_person_id is not None:
        await require_host(connection, old.shop_id, host_person_id)
    if changed:
        await _write(connection, show_id, changed)
    return await show_by(connection, show_id)


def _refuse_what_aired(changed: dict[str, object]) -> None:
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
