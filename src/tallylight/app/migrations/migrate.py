"""Brings the database to this version's schema, once, whoever comes first."""

from pathlib import Path

import alembic.command
import sqlalchemy as sa
from alembic.config import Config

from tallylight.foundation.database import Database

# An arbitrary constant: "tallymig" in ASCII, the advisory lock under which migrations run.
_LOCK = 0x74616C6C796D6967


async def migrate(database: Database, *, to: str = "head") -> None:
    """Upgrade to revision ``to``; concurrent callers wait for one another and find nothing to do."""
    async with database.engine.connect() as connection:
        await connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCK)))
        await connection.commit()
        try:
            await connection.run_sync(_upgrade, to)
        finally:
            await connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            await connection.commit()


def _upgrade(connection: sa.Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, to)
    connection.commit()
