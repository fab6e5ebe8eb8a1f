"""Rows in PostgreSQL's binary form, made ahead as far as they are known ahead.

The driver encodes a row field by field, which is most of the work of a process that writes the same rows over and
over with other ids in them. Here a row is a template: the bytes of everything that stays, with holes for the rest.
Layouts: ``record_recv`` and ``array_recv`` of PostgreSQL, which both kinds of servers that we promise share.

An array of a table's rows travels as a domain over it (``TABLE_rows``), so that the driver can be told that it is bytes
already: ``load_row_formats`` does that for one connection.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

_INT2, _INT4, _INT8, _FIELD = struct.Struct("!h"), struct.Struct("!i"), struct.Struct("!q"), struct.Struct("!Ii")
_ARRAY = struct.Struct("!iiIii")
_NULL = -1
_BOOL_OID, _BYTEA_OID, _INT8_OID, _INT2_OID, _INT4_OID, _TEXT_OID, _JSON_OID = 16, 17, 20, 21, 23, 25, 114
_TEXTS_OID, _INT8S_OID, _BPCHAR_OID, _UUID_OID, _UUIDS_OID, _JSONB_OID = 1009, 1016, 1042, 2950, 2951, 3802


def _array_of(element_oid: int, encode: Callable[[Any], bytes]) -> Callable[[Sequence[Any]], bytes]:
    def encoded(values: Sequence[Any]) -> bytes:
        if not values:
            return struct.pack("!iiI", 0, 0, element_oid)
        return _ARRAY.pack(1, 0, element_oid, len(values), 1) + b"".join(sized(encode(each)) for each in values)

    return encoded


def _uuid(value: UUID) -> bytes:
    return value.bytes


_ENCODERS: dict[int, Callable[[Any], bytes]] = {
    _BOOL_OID: lambda value: b"\x01" if value else b"\x00",
    _BYTEA_OID: bytes,
    _INT2_OID: _INT2.pack,
    _INT4_OID: _INT4.pack,
    _INT8_OID: _INT8.pack,
    _TEXT_OID: str.encode,
    _BPCHAR_OID: str.encode,
    _JSON_OID: str.encode,
    _JSONB_OID: lambda value: b"\x01" + value.encode(),
    _UUID_OID: _uuid,
    _UUIDS_OID: _array_of(_UUID_OID, _uuid),
    _TEXTS_OID: _array_of(_TEXT_OID, str.encode),
    _INT8S_OID: _array_of(_INT8_OID, _INT8.pack),
}

int8: Callable[[int], bytes] = _INT8.pack
"""A bigint for a hole."""


def sized(value: bytes) -> bytes:
    """``value`` for a hole of a type without a width of its own: text, json, bytea."""
    return _INT4.pack(len(value)) + value


class Hole(NamedTuple):
    """Where a column is filled. ``width_bytes``: None when that differs from row to row; then it comes ``sized``."""

    width_bytes: int | None


class RowTemplate:
    """A row of one table with holes. Made by ``RowFormat.template``."""

    def __init__(self, parts: Sequence[bytes | Hole]) -> None:
        """``parts``: bytes that stay, the row's length first of all, and holes."""
        merged: list[Any] = [b""]
        holes: list[Hole] = []
        for part in parts:
            if isinstance(part, Hole):
                holes.append(part)
                merged += [None, b""]
            else:
                merged[-1] += part
        self._size, self._head = _INT4.unpack_from(merged[0])[0], merged[0][4:]
        self._parts = tuple(merged)
        self._loose = tuple(place for place, hole in enumerate(holes) if hole.width_bytes is None)

    def fill(self, *holes: bytes) -> bytes:
        """The row, behind its length, with ``holes`` as they follow each other in it."""
        parts = list(self._parts)
        parts[1::2] = holes
        size = self._size
        for place in self._loose:
            size += len(holes[place])
        parts[0] = _INT4.pack(size) + self._head
        return b"".join(parts)


class RowFormat:
    """How rows of one table travel. ``columns``: (name, type's OID) in the table's order."""

    def __init__(self, row_oid: int, columns: Sequence[tuple[str, int]]) -> None:
        self._row_oid = row_oid
        self._columns = tuple(columns)

    def row(self, values: Sequence[object]) -> bytes:
        """One row of values in the table's order, behind its length; columns beyond the last value are null."""
        fields = [_INT4.pack(len(self._columns))]
        for place, (name, oid) in enumerate(self._columns):
            fields += self._field(name, oid, values[place] if place < len(values) else None)
        return sized(b"".join(fields))

    def template(self, constants: Mapping[str, object], holes: Mapping[str, Hole]) -> RowTemplate:
        """A row of ``constants`` with ``holes`` by column.

        Other columns are null. Raises KeyError for a column that the table does not have.
        """
        known = dict(self._columns)
        unknown = (constants.keys() | holes.keys()) - known.keys()
        if unknown:
            raise KeyError(*sorted(unknown))
        fixed_size = 4
        parts: list[bytes | Hole] = [_INT4.pack(len(self._columns))]
        for name, oid in self._columns:
            if name not in holes:
                fields = self._field(name, oid, constants.get(name))
                fixed_size += sum(len(each) for each in fields)
                parts += fields
                continue
            hole = holes[name]
            if hole.width_bytes is None:
                fixed_size += 4
                parts += [struct.pack("!I", oid), hole]
            else:
                fixed_size += 8 + hole.width_bytes
                parts += [_FIELD.pack(oid, hole.width_bytes), hole]
        return RowTemplate([_INT4.pack(fixed_size), *parts])

    def array(self, rows: Sequence[bytes], count: int) -> bytes:
        """An array of ``count`` rows, whose bytes are ``rows``."""
        if not count:
            return struct.pack("!iiI", 0, 0, self._row_oid)
        return _ARRAY.pack(1, 0, self._row_oid, count, 1) + b"".join(rows)

    def _field(self, name: str, oid: int, value: object) -> list[bytes]:
        if value is None:
            return [_FIELD.pack(oid, _NULL)]
        encode = _ENCODERS.get(oid)
        if encode is None:
            raise TypeError(f"no binary form is known for column {name}")
        encoded = encode(value)
        return [_FIELD.pack(oid, len(encoded)), encoded]


async def load_row_formats(connection: asyncpg.Connection, tables: Iterable[str]) -> dict[str, RowFormat]:
    """The formats of ``tables``, and leave for ``connection`` to take ``TABLE_rows`` as bytes."""
    formats = {}
    for table in tables:
        rows = await connection.fetch(
            "select attname, atttypid from pg_attribute where attrelid = $1::text::regclass and attnum > 0"
            " and not attisdropped order by attnum",
            table,
        )
        row_oid = await connection.fetchval("select reltype from pg_class where oid = $1::text::regclass", table)
        formats[table] = RowFormat(row_oid, [(row["attname"], row["atttypid"]) for row in rows])
        await connection.set_builtin_type_codec(f"{table}_rows", schema="public", codec_name="bytea")
    return formats
