"""How a show withholds: what is heard in a phrase's place, how wide around it, and what its slate shows.

A show has a look of its own or its shop's; a shop has its own or the usual one. It holds from the next time that the
show goes on air.
"""

from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.bleep import SILENCE, TONE, Filling
from tallylight.media.models import air_look
from tallylight.media.release_policy import GatePolicy
from tallylight.media.slate_card import TEXT_CHARS_MAX, TITLE_CHARS_MAX, SlateLook, draw_card
from tallylight.media.stored_sound import read_stored_sound

WithheldSound = Literal["tone", "silence", "stored"]
SlateSound = Literal["silence", "withheld"]
PAD_MS_MAX = 200
"""The desk's time ends this long, and a tenth of a second, before a phrase airs."""
FADE_MS_MAX = 50


class AirLook(msgspec.Struct, frozen=True):
    """``slate_sound``: under the slate of a covered phrase there is silence, or what stands in for a bleeped one."""

    withheld_sound: WithheldSound = "tone"
    pad_ms: int = 200
    fade_ms: int = 5
    slate_title: str = ""
    slate_text: str = ""
    slate_sound: SlateSound = "silence"
    slate_picture: bytes | None = None
    stored_sound: bytes | None = None

    def policy(self, *, delay_ms: int, fail_open: bool) -> GatePolicy:
        """The gate's policy. Decodes the stored sound."""
        filling: Filling = SILENCE if self.withheld_sound == "silence" else TONE
        if self.withheld_sound == "stored" and self.stored_sound is not None:
            filling = read_stored_sound(self.stored_sound)
        return GatePolicy(
            delay_us=delay_ms * 1000,
            fail_open=fail_open,
            pad_us=self.pad_ms * 1000,
            fade_us=self.fade_ms * 1000,
            filling=filling,
            fill_slates=self.slate_sound == "withheld",
        )

    @property
    def slate(self) -> SlateLook:
        return SlateLook(self.slate_title, self.slate_text, self.slate_picture)


async def air_look_of(connection: AsyncConnection, show_id: UUID, shop_id: UUID) -> AirLook:
    """The show's own, or its shop's, or the usual one."""
    return await own_air_look(connection, show_id) or await own_air_look(connection, shop_id) or AirLook()


async def own_air_look(connection: AsyncConnection, owner_id: UUID) -> AirLook | None:
    """What was kept for a show or a shop itself."""
    row = (await connection.execute(air_look.select().where(air_look.c.owner_id == owner_id))).one_or_none()
    return AirLook(**{name: getattr(row, name) for name in AirLook.__struct_fields__}) if row is not None else None


def check_air_look(look: AirLook) -> None:
    """Raises InvalidInputError naming the field; draws the slate and decodes the sound: call it from a thread."""
    if not 0 <= look.pad_ms <= PAD_MS_MAX:
        raise InvalidInputError(f"the padding is 0 to {PAD_MS_MAX} ms", field="pad_ms")
    if not 0 <= look.fade_ms <= FADE_MS_MAX:
        raise InvalidInputError(f"the fade is 0 to {FADE_MS_MAX} ms", field="fade_ms")
    if len(look.slate_title) > TITLE_CHARS_MAX:
        raise InvalidInputError(f"the slate's title has up to {TITLE_CHARS_MAX} characters", field="slate_title")
    if len(look.slate_text) > TEXT_CHARS_MAX:
        raise InvalidInputError(f"the slate's text has up to {TEXT_CHARS_MAX} characters", field="slate_text")
    if look.withheld_sound == "stored" and look.stored_sound is None:
        raise InvalidInputError("upload the sound first, then choose it", field="withheld_sound")
    if look.stored_sound is not None:
        read_stored_sound(look.stored_sound)
    draw_card(320, 180, look.slate)


async def keep_air_look(connection: AsyncConnection, owner_id: UUID, look: AirLook) -> None:
    """Keep what ``check_air_look`` has passed, for a show or a shop."""
    values: dict[str, Any] = msgspec.structs.asdict(look)
    statement = insert(air_look).values(owner_id=owner_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[air_look.c.owner_id], set_=values | {"kept_at": sa.func.now()})
    )


async def forget_air_look(connection: AsyncConnection, owner_id: UUID) -> None:
    """From now on a show goes by its shop's look, a shop by the usual one."""
    await connection.execute(air_look.delete().where(air_look.c.owner_id == owner_id))
