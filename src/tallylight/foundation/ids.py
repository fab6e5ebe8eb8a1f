"""Typed ids. All are UUIDv7 (RFC 9562 section 5.7): unique without a round trip and sorted by creation time."""

from typing import NewType
from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto

ShopId = NewType("ShopId", UUID)
PersonId = NewType("PersonId", UUID)
ShowId = NewType("ShowId", UUID)
BroadcastId = NewType("BroadcastId", UUID)
CueId = NewType("CueId", UUID)
ProductId = NewType("ProductId", UUID)
VariantId = NewType("VariantId", UUID)
DealId = NewType("DealId", UUID)
AgreementId = NewType("AgreementId", UUID)
OrderId = NewType("OrderId", UUID)
TransferId = NewType("TransferId", UUID)
AccountId = NewType("AccountId", UUID)
FindingId = NewType("FindingId", UUID)
MessageId = NewType("MessageId", UUID)


def is_uuid(text: str) -> bool:
    """Whether ``text`` is a UUID in its usual form."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def new_id() -> UUID:
    """A fresh UUIDv7; wrap it in the typed id that it stands for.

    The database driver's own kind of UUID (a subclass): it is made, hashed and sent several times faster.
    """
    fresh: UUID = pgproto.UUID(uuid_utils.uuid7().bytes)
    return fresh


def new_ids(many: int) -> list[UUID]:
    """``many`` fresh ones."""
    return [pgproto.UUID(uuid_utils.uuid7().bytes) for _ in range(many)]
