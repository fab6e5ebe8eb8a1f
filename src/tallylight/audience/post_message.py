"""Posts a chat message."""

import hashlib

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.clean_text import clean_name, clean_text
from tallylight.audience.models import chat_message
from tallylight.audience.types import ChatLine
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import MessageId, ShowId, new_id
from tallylight.foundation.outbox import publish

# The furthest that a viewer's picture may lag behind the camera: the longest delay plus a stalled player.
PLAYHEAD_LAG_MAX_US = 120 * MICROSECONDS


async def post_message(
    connection: AsyncConnection, show_id: ShowId, *, name: str, text: str, viewer_id: str, at_us: int, now_us: int
) -> ChatLine:
    """Keep the message and tell viewers and staff. InvalidInputError names the field that is wrong.

    ``at_us`` is the viewer's word for the frame in front of them; it is brought within what is possible. The
    caller has asked the ChatGuard and knows that the show exists.
    """
    line = ChatLine(
        id=MessageId(new_id()),
        name=clean_name(name),
        text=clean_text(text),
        at_us=min(max(at_us, now_us - PLAYHEAD_LAG_MAX_US), now_us),
        hidden=False,
    )
    await connection.execute(
        chat_message.insert().values(
            id=line.id,
            show_id=show_id,
            viewer_hash=hashlib.sha256(viewer_id.encode()).digest(),
            name=line.name,
            text=line.text,
            at_us=line.at_us,
        )
    )
    payload = {"id": str(line.id), "name": line.name, "text": line.text, "at_us": line.at_us, "hidden": False}
    for channel in (f"control:{show_id}", f"show:{show_id}"):
        await publish(connection, channel, "chat", payload)
    return line
