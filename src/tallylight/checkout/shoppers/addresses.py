"""Addresses that a shopper keeps, offered at checkout. One of them is the first to be offered."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.check_request import check_recipient
from tallylight.checkout.schemas import Address
from tallylight.checkout.shoppers.models import shopper, shopper_address
from tallylight.foundation.errors import ConflictError, NotFoundError, UnauthenticatedError
from tallylight.foundation.ids import new_id

ADDRESSES_MAX = 20


class NewAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shopper writes. ``is_default``: the first to be offered from now on."""

    name: str
    address: Address
    is_default: bool = False


class SavedAddress(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    address: Address
    is_default: bool


async def addresses_of(connection: AsyncConnection, shopper_id: UUID) -> list[SavedAddress]:
    """The default first, then the newest."""
    rows = await connection.execute(
        sa.select(shopper_address)
        .where(shopper_address.c.shopper_id == shopper_id)
        .order_by(shopper_address.c.is_default.desc(), shopper_address.c.changed_us.desc(), shopper_address.c.id)
    )
    return [SavedAddress(row.id, row.name, msgspec.convert(row.address, Address), row.is_default) for row in rows]


async def add_address(connection: AsyncConnection, shopper_id: UUID, new: NewAddress, *, now_us: int) -> SavedAddress:
    """Keep an address; one that is kept already is not kept twice. The first is the default.

    Raises InvalidInputError naming the field, ConflictError beyond ADDRESSES_MAX.
    """
    clean = _clean(new)
    known = await _locked(connection, shopper_id)
    same = next((each for each in known if (each.name, each.address) == (clean.name, clean.address)), None)
    if same is not None:
        if clean.is_default and not same.is_default:
            await _make_default(connection, shopper_id, same.id)
        return msgspec.structs.replace(same, is_default=same.is_default or clean.is_default)
    if len(known) >= ADDRESSES_MAX:
        raise ConflictError(f"an account keeps at most {ADDRESSES_MAX} addresses; remove one first")
    address_id = new_id()
    await connection.execute(
        shopper_address.insert().values(
            id=address_id,
            shopper_id=shopper_id,
            name=clean.name,
            address=msgspec.to_builtins(clean.address),
            is_default=False,
            changed_us=now_us,
        )
    )
    default = clean.is_default or not known
    if default:
        await _make_default(connection, shopper_id, address_id)
    return SavedAddress(address_id, clean.name, clean.address, default)


async def change_address(
    connection: AsyncConnection, shopper_id: UUID, address_id: UUID, new: NewAddress, *, now_us: int
) -> SavedAddress:
    """Write an address anew; the default stays one until another is. Raises NotFoundError, InvalidInputError."""
    clean = _clean(new)
    before = _find(await _locked(connection, shopper_id), address_id)
    await connection.execute(
        shopper_address.update()
        .where(shopper_address.c.id == address_id)
        .values(name=clean.name, address=msgspec.to_builtins(clean.address), changed_us=now_us)
    )
    if clean.is_default and not before.is_default:
        await _make_default(connection, shopper_id, address_id)
    return SavedAddress(address_id, clean.name, clean.address, before.is_default or clean.is_default)


async def remove_address(connection: AsyncConnection, shopper_id: UUID, address_id: UUID) -> None:
    """Forget an address; after the default the newest takes its place. Orders keep theirs. Raises NotFoundError."""
    known = await _locked(connection, shopper_id)
    gone = _find(known, address_id)
    await connection.execute(sa.delete(shopper_address).where(shopper_address.c.id == address_id))
    left = [each for each in known if each.id != address_id]
    if gone.is_default and left:
        await _make_default(connection, shopper_id, left[0].id)


async def _locked(connection: AsyncConnection, shopper_id: UUID) -> list[SavedAddress]:
    """The shopper's addresses, changed by nobody else until the transaction ends: two tabs may save at once.

    Raises UnauthenticatedError when the account was deleted meanwhile.
    """
    lock = sa.select(shopper.c.id).where(shopper.c.id == shopper_id).with_for_update()
    if (await connection.execute(lock)).scalar_one_or_none() is None:
        raise UnauthenticatedError("this account was deleted")
    return await addresses_of(connection, shopper_id)


async def _make_default(connection: AsyncConnection, shopper_id: UUID, address_id: UUID) -> None:
    mine = shopper_address.c.shopper_id == shopper_id
    # Two statements: a unique index is checked row by row within one.
    await connection.execute(
        shopper_address.update().where(mine, shopper_address.c.is_default).values(is_default=False)
    )
    await connection.execute(
        shopper_address.update().where(mine, shopper_address.c.id == address_id).values(is_default=True)
    )


def _find(known: list[SavedAddress], address_id: UUID) -> SavedAddress:
    found = next((each for each in known if each.id == address_id), None)
    if found is None:
        raise NotFoundError("there is no such address of yours")
    return found


def _clean(new: NewAddress) -> NewAddress:
    check_recipient(new.name, new.address)
    given = new.address
    return NewAddress(
        name=new.name.strip(),
        address=Address(
            given.line1.strip(),
            given.city.strip(),
            given.postal_code.strip(),
            given.country,
            (given.line2 or "").strip() or None,
            (given.region or "").strip() or None,
        ),
        is_default=new.is_default,
    )
