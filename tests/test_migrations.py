"""The migrations and the tables that the rooms declare are the same schema."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from tallylight.app.migrations.all_tables import metadata
from tallylight.app.migrations.migrate import migrate
from tests.conftest import Runner


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": _ours, "compare_type": True})
    return list(compare_metadata(context, metadata))


def _ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def test_migrations_create_what_the_rooms_declare(run: Runner) -> None:
    async def compare() -> list[object]:
        async with run.database.engine.connect() as connection:
            return await connection.run_sync(differences)

    assert run(compare()) == []


def test_every_declared_table_exists(run: Runner) -> None:
    async def count() -> int:
        async with run.database.reading() as connection:
            found = 0
            for table in metadata.sorted_tables:
                await connection.execute(table.select().limit(0))
                found += 1
            return found

    assert run(count()) == len(metadata.tables)


def test_migrating_twice_changes_nothing(run: Runner) -> None:
    run(migrate(run.database))
    run(migrate(run.database))
