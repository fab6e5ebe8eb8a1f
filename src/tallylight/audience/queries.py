"""Reads of the audience room."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.models import chat_message
from tallylight.audience.types import ChatLine
from tallylight.foundation.ids import MessageId, ShowId

CHAT_LINES = 50


async def recent_chat(connection: AsyncConnection, show_id: ShowId, limit: int = CHAT_LINES) -> list[ChatLine]:
    """The last lines that are not hidden, oldest first."""
    rows = await connection.execute(
        sa.select(chat_message)
        .where(chat_message.c.show_id == show_id, chat_message.c.hidden_at.is_(None))
        .order_by(chat_message.c.id.desc())
        .limit(limit)
    )
    return [ChatLine(MessageId(row.id), row.name, row.text, row.at_us, hidden=False) for row in rows][::-1]
