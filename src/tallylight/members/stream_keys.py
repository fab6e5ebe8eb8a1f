"""Stream keys: what a host puts into the encoder. ``<public part>_<secret>``, shown once, hashed at rest.

The public part is the key's id in hex, so that a look-up finds one row; the secret is 256 random bits, of which only
the SHA-256 is kept. An unknown key, a revoked one and a wrong secret all give the same answer in the same time.
"""

import hmac
import secrets
from hashlib import sha256
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId, ShowId, new_id
from tallylight.members.models import stream_key

_SECRET_BYTES = 32
_TEXT_CHARS_MAX = 128
_NOBODY = bytes(32)


class StreamKeySecret(msgspec.Struct, frozen=True):
    """A fresh key. ``text`` goes to the host once and is kept nowhere."""

    id: UUID
    text: str


class StreamKey(msgspec.Struct, frozen=True):
    """Whose stream a verified key opens."""

    id: UUID
    shop_id: ShopId
    show_id: ShowId


async def issue_stream_key(connection: AsyncConnection, shop_id: ShopId, show_id: ShowId) -> StreamKeySecret:
    """Make a new key for the show; the keys it had are revoked."""
    await revoke_stream_keys(connection, show_id)
    key_id, secret = new_id(), secrets.token_urlsafe(_SECRET_BYTES)
    await connection.execute(
        stream_key.insert().values(id=key_id, shop_id=shop_id, show_id=show_id, key_hash=_hash(secret))
    )
    return StreamKeySecret(key_id, f"{key_id.hex}_{secret}")


async def revoke_stream_keys(connection: AsyncConnection, show_id: ShowId) -> int:
    """Revoke all keys of the show; returns how many were valid."""
    result = await connection.execute(
        stream_key.update()
        .where(stream_key.c.show_id == show_id, stream_key.c.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
    )
    return result.rowcount


async def verify_stream_key(connection: AsyncConnection, text: str) -> StreamKey | None:
    """The key that ``text`` is; None for anything else, without saying which part was wrong."""
    public, _, secret = text[:_TEXT_CHARS_MAX].partition("_")
    try:
        key_id = UUID(hex=public)
    except ValueError:
        key_id = UUID(int=0)
    row = (
        await connection.execute(
            sa.select(stream_key).where(stream_key.c.id == key_id, stream_key.c.revoked_at.is_(None))
        )
    ).first()
    known = _NOBODY if row is None else row.key_hash
    if not hmac.compare_digest(_hash(secret), known) or row is None:
        return None
    return StreamKey(row.id, ShopId(row.shop_id), ShowId(row.show_id))


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
