"""``tallylight stream-key``."""

from typing import Annotated

import typer

from tallylight.app.command_line.addresses import rtmp_url
from tallylight.app.command_line.session import with_database
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings
from tallylight.members.stream_keys import issue_stream_key
from tallylight.shows.queries import show_by


def stream_key(show: Annotated[str, typer.Argument(help="The show's name in addresses, or its id.")]) -> None:
    """Make a show's stream key and print it, once. [dim]The key that it had stops working.[/dim]

    Put both lines into OBS: Settings, Stream, Service "Custom". Keyframe interval: 2 s; H.264 and AAC.
    """

    async def work(database: Database, settings: Settings) -> str:
        async with database.transaction() as connection:
            found = await show_by(connection, show)
            key = await issue_stream_key(connection, found.shop_id, found.id)
        return f"Server:     {rtmp_url(settings)}\nStream key: {key.text}"

    typer.echo(with_database(work))
