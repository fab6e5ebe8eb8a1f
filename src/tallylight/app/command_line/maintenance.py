"""``tallylight migrate``."""

import typer

from tallylight.app.command_line.session import with_database
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings


def migrate() -> None:
    """Bring the database to this version's schema. [dim]serve does this by itself at each start.[/dim]

    Use it to migrate a server (DATABASE_URL) before the new version is started on several machines.
    """

    async def nothing_more(database: Database, settings: Settings) -> None:
        """Opening the database has migrated it."""

    with_database(nothing_more)
    typer.echo("The database is at this version's schema.")
