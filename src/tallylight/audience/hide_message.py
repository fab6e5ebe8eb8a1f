"""Hides a chat message from everyone."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.models import chat_message
from tallylight.foundation.clock import Clock, to_datetime
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import MessageId, PersonId, ShowId
from tallylight.foundation.outbox import publish


async def hide_message(
    connection: AsyncConnection, show_id: ShowId, message_id: MessageId, hidden_by: PersonId, clock: Clock
) -> None:
    """Take the message's text from every screen; hiding it again changes nothing. NotFoundError when unknown.

    The row keeps the text, so that a complaint can be answered; readers who catch up get ``chat`` and then
    ``chat.hidden``.
    """
    row = (
        await connection.execute(
            chat_message.select()
            .where(chat_message.c.id == message_id, chat_message.c.show_id == show_id)
            .with_for_update(key_share=True)
        )
    ).first()
    if row is None:
        raise NotFoundError("this show has no such message")
    if row.hidden_at is not None:
        return
    await connection.execute(
        chat_message.update()
        .where(chat_message.c.id == message_id)
        .values(hidden_at=to_datetime(clock.now_us()), hidden_by=hidden_by)
    )
    for channel in (f"control:{show_id}", f"show:{show_id}"):
        await publish(connection, channel, "chat.hidden", {"id": str(message_id)})
