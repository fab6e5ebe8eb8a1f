"""Keys for other programs: a warehouse, a shop's back office. Shown once, kept as a hash, revoked at once."""

from collections.abc import Collection
from typing import Literal, get_args
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from tallylight.foundation.ids import ShopId, new_id
from tallylight.members.models import api_key
from tallylight.members.tokens import hash_of, new_token

Scope = Literal["fulfilment"]
PREFIX = "tlk_"
"""So that a leaked key is known for what it is."""
NAME_MAX = 60
KEYS_MAX = 50
"""Keys of a shop that are not revoked."""
USED_STEP_US = 60_000_000
"""``last_used_us`` is this exact: a busy key must not write a row a request."""


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret. Wall times in microseconds."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_us: int
    last_used_us: int | None
    revoked_us: int | None


class KeyHolder(msgspec.Struct, frozen=True):
    """Which program calls, and for which shop."""

    key_id: UUID
    shop_id: ShopId


async def issue_api_key(
    connection: AsyncConnection, shop_id: ShopId, name: str, scopes: Collection[Scope], *, by: UUID, now_us: int
) -> str:
    """A fresh key, to be shown once. Raises InvalidInputError, ConflictError beyond KEYS_MAX."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise InvalidInputError(f"name the key in 1 to {NAME_MAX} characters", field="name")
    if not scopes or not set(scopes) <= set(get_args(Scope)):
        raise InvalidInputError("name what the key may do: fulfilment", field="scopes")
    living = await connection.scalar(
        sa.select(sa.func.count()).where(api_key.c.shop_id == shop_id, api_key.c.revoked_us.is_(None))
    )
    if living is not None and living >= KEYS_MAX:
        raise ConflictError(f"a shop has at most {KEYS_MAX} keys; revoke one first")
    key = PREFIX + new_token()
    await connection.execute(
        api_key.insert().values(
            id=new_id(), shop_id=shop_id, name=name, key_hash=hash_of(key), scopes=sorted(scopes),
            created_us=now_us, created_by=by,
        )
    )  # fmt: skip
    return key


async def revoke_api_key(connection: AsyncConnection, shop_id: ShopId, key_id: UUID, *, now_us: int) -> None:
    """The key opens nothing from now on. Raises NotFoundError."""
    changed = await connection.execute(
        api_key.update()
        .where(api_key.c.id == key_id, api_key.c.shop_id == shop_id)
        .values(revoked_us=sa.func.coalesce(api_key.c.revoked_us, now_us))
    )
    if not changed.rowcount:
        raise NotFoundError("there is no such key")


async def api_keys_of(connection: AsyncConnection, shop_id: ShopId) -> list[ApiKey]:
    """The shop's keys, the newest first, at most 200."""
    rows = await connection.execute(
        sa.select(api_key).where(api_key.c.shop_id == shop_id).order_by(api_key.c.created_us.desc()).limit(200)
    )
    return [
        ApiKey(row.id, row.name, list(row.scopes), row.created_us, row.last_used_us, row.revoked_us) for row in rows
    ]


async def holder_of(connection: AsyncConnection, authorization: str | None, scope: Scope, *, now_us: int) -> KeyHolder:
    """Who calls with ``Authorization: Bearer <key>``. Raises UnauthenticatedError, ForbiddenError without the scope.

    The key is found by its hash, so that no comparison takes longer for a better guess.
    """
    kind, _, key = (authorization or "").partition(" ")
    row = None
    if kind.lower() == "bearer" and key.startswith(PREFIX):
        row = (
            await connection.execute(
                sa.select(api_key).where(api_key.c.key_hash == hash_of(key.strip()), api_key.c.revoked_us.is_(None))
            )
        ).one_or_none()
    if row is None:
        raise UnauthenticatedError("send a key of the shop as Authorization: Bearer tlk_…")
    if scope not in row.scopes:
        raise ForbiddenError(f"this key may not: it needs the scope {scope}")
    if row.last_used_us is None or row.last_used_us < now_us - USED_STEP_US:
        await connection.execute(api_key.update().where(api_key.c.id == row.id).values(last_used_us=now_us))
    return KeyHolder(row.id, ShopId(row.shop_id))
