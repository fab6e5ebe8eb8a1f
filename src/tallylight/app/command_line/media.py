"""``tallylight media``."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tallylight.app.command_line.session import with_database
from tallylight.app.flows.media_processes import CarriedShow, ProcessStatus, media_overview
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings
from tallylight.media.homes import ask_move, drain_process
from tallylight.shows.queries import show_by

media = typer.Typer(no_args_is_help=True, help="The media processes, and which show each carries.")


@media.command("list")
def list_processes() -> None:
    """Every media process: whether it answers, how busy it is, and its shows on air."""

    async def work(database: Database, _: Settings) -> list[ProcessStatus]:
        async with database.transaction() as connection:
            return await media_overview(connection, now_us=SystemClock().now_us())

    table = Table("process", "state", "CPU", "shows on air", box=None)
    for one in with_database(work):
        shows = ", ".join(_named(each) for each in one.shows)
        table.add_row(one.name, one.state, f"{one.cpu_permille / 10:.0f} %", shows)
    Console().print(table)


def _named(show: CarriedShow) -> str:
    return f"{show.title} (moving to {show.moving_to})" if show.moving_to else show.title


@media.command("move")
def move(
    show: Annotated[str, typer.Argument(help="The show's name in addresses, or its id.")],
    process: Annotated[str, typer.Argument(help="The media process that is to carry it.")],
) -> None:
    """Move a show to another media process. [dim]On air, its encoder is dropped once and connects again.[/dim]

    [bold]Example[/bold]

        tallylight media move friday media-2
    """

    async def work(database: Database, _: Settings) -> None:
        async with database.transaction() as connection:
            found = await show_by(connection, show)
            await ask_move(connection, found.id, process, now_us=SystemClock().now_us())

    with_database(work)
    typer.echo(f"The show goes to {process}. What is in its delay still airs from where it was.")


@media.command("drain")
def drain(process: Annotated[str, typer.Argument(help="The media process to empty and renew.")]) -> None:
    """Move all shows away from a media process; then it starts anew, from the code that is installed now.

    [bold]Example[/bold], an upgrade with two media processes:

        tallylight media drain media

        tallylight media drain media-2
    """

    async def work(database: Database, _: Settings) -> None:
        async with database.transaction() as connection:
            await drain_process(connection, process, now_us=SystemClock().now_us())

    with_database(work)
    typer.echo(f"{process} hands over its shows and starts anew. See: tallylight media list")
