"""Rows made as bytes are the rows that the database reads back, whatever is in them."""

from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.foundation.ids import new_id
from tallylight.foundation.row_bytes import Hole, RowFormat, int8, load_row_formats, sized
from tests.conftest import Runner

_TABLE = """
create table thing (
    id uuid, tiny smallint, small int, big bigint, name text, code char(3), hash bytea, doc json, docb jsonb,
    ids uuid[], amounts bigint[], names text[], yes boolean, later interval
);
create domain thing_rows as thing[]
"""
_INSERT = "insert into thing select * from unnest($1::thing_rows::thing[])"


async def prepared(connection: asyncpg.Connection) -> RowFormat:
    await connection.execute(_TABLE)
    return (await load_row_formats(connection, ["thing"]))["thing"]


def test_every_kind_of_value_comes_back(run: Runner) -> None:
    values = (
        new_id(), -3, 70_000, 2**40, "Dew Sérum 30 %", "USD", b"\x00\xff", '{"a": 1}', '{"b": "\\u00e9"}',
        [new_id(), new_id()], [1, -(2**50)], ["USD", "é"], True,
    )  # fmt: skip
    nothing: tuple[object, ...] = (*values[:9], [], [], [], None)

    async def story() -> None:
        connection = await run.database.raw_connection()
        form = await prepared(connection)
        rows = [form.row(values), form.row(()), form.row(nothing)]
        await connection.execute(_INSERT, form.array(rows, 3))
        await connection.execute(_INSERT, form.array([], 0))
        found = [tuple(row) for row in await connection.fetch("select * from thing")]
        assert found[0] == (*values[:8], '{"b": "é"}', *values[9:], None)
        assert found[1:] == [(None,) * 14, (*found[0][:9], [], [], [], None, None)]
        # A column that came later is null until somebody names it.
        await connection.execute("truncate thing; alter table thing drop column tiny, add column extra text")
        form = (await load_row_formats(connection, ["thing"]))["thing"]
        template = form.template({"code": "EUR"}, {"id": Hole(16), "big": Hole(8), "name": Hole(None)})
        names = (b"", b"a longer name")
        rows = [template.fill(new_id().bytes, int8(7), sized(name)) for name in names]
        await connection.execute(_INSERT, form.array(rows, 2))
        rows = await connection.fetch("select name, code, big, extra, small from thing")
        assert [tuple(row) for row in rows] == [("", "EUR", 7, None, None), ("a longer name", "EUR", 7, None, None)]
        with pytest.raises(KeyError, match="colour"):
            form.template({"colour": 1}, {})
        with pytest.raises(TypeError, match="later"):
            form.template({"later": "1 day"}, {})
        await connection.close()

    run(story())


_FORM = RowFormat(90_000, [("id", 2950), ("number", 20), ("name", 25), ("hash", 17)])


@given(st.binary(min_size=16, max_size=16), st.integers(-(2**63), 2**63 - 1), st.text(), st.binary())
def test_a_filled_template_is_the_row(id_: bytes, number: int, name: str, hash_: bytes) -> None:
    whole = _FORM.row((UUID(bytes=id_), number, name, hash_))
    encoded = name.encode()
    template = _FORM.template({"number": number}, {"id": Hole(16), "name": Hole(None), "hash": Hole(len(hash_))})
    assert template.fill(id_, sized(encoded), hash_) == whole
    assert _FORM.template({"number": number, "name": name, "hash": hash_, "id": UUID(bytes=id_)}, {}).fill() == whole
