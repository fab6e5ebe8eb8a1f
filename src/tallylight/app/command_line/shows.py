"""``tallylight show``."""

from typing import Annotated

import typer

from tallylight.app.command_line.addresses import web_url
from tallylight.app.command_line.members import require_person, require_shop
from tallylight.app.command_line.session import with_database
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings
from tallylight.shows.create_show import create_show

show = typer.Typer(no_args_is_help=True, help="Shows: what goes on air.")


@show.command("create")
def create_a_show(
    slug: Annotated[str, typer.Argument(help="Its name in addresses: lower-case letters, digits, hyphens.")],
    title: Annotated[str, typer.Argument(help="Its title as viewers read it.")],
    shop_slug: Annotated[str, typer.Option("--shop", help="The shop that sells in it.")],
    host_name: Annotated[
        str | None,
        typer.Option("--host", help="Who is on camera, as viewers read it.", show_default="the person's name"),
    ] = None,
    host_person: Annotated[
        str | None,
        typer.Option("--host-person", help="The host's e-mail address, if they are one of the shop's people."),
    ] = None,
    host_is_paid: Annotated[
        bool, typer.Option("--paid/--not-paid", help="The host is paid to be there and must say so on air.")
    ] = False,
    market: Annotated[
        str, typer.Option("--market", help="Whose rules are kept: us-en, uk-en, eu-en or cn-zh.")
    ] = "us-en",
    delay_s: Annotated[int, typer.Option("--delay", help="Seconds between camera and viewers, 0 to 30.")] = 8,
) -> None:
    """Create a show. What it sells is chosen in the office, under Shows.

    [bold]Example[/bold]

        tallylight show create friday "Friday live" --shop acme --host "Joe" --delay 8
        tallylight show create sunday "Sunday live" --shop acme --host-person mina@acme.example
    """

    async def work(database: Database, settings: Settings) -> str:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            host = None if host_person is None else await require_person(connection, host_person)
            if host is None and host_name is None:
                raise InvalidInputError("name who is on camera by --host, or by --host-person", field="host_name")
            made = await create_show(
                connection,
                shop_id=found.id,
                slug=slug,
                title=title,
                host_name=host_name or (host.name if host else ""),
                host_person_id=host.id if host else None,
                host_is_paid=host_is_paid,
                market=market,
                delay_ms=delay_s * 1000,
            )
        return f"{web_url(settings)}/watch/{made.slug}"

    typer.echo(f"Created the show. Viewers watch at {with_database(work)}")
