"""``tallylight shop`` and ``tallylight person``."""

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.command_line.addresses import web_url
from tallylight.app.command_line.session import with_database
from tallylight.checkout.shoppers.send_link import issue_link
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.settings import Settings
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.queries import person_by_email, shop_by_slug
from tallylight.members.types import Person, Shop

LINK_LASTS = timedelta(hours=24)

shop = typer.Typer(no_args_is_help=True, help="Shops: who sells here.")
person = typer.Typer(no_args_is_help=True, help="People who work for a shop, and how they sign in.")


@shop.command("create")
def create_a_shop(
    slug: Annotated[str, typer.Argument(help="Its name in addresses: lower-case letters, digits, hyphens.")],
    name: Annotated[str, typer.Argument(help="Its name as people read it.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code that it sells in.")] = "USD",
    accent: Annotated[str, typer.Option(help="Its one colour, #rrggbb.")] = "#7c5cff",
) -> None:
    """Create a shop.

    [bold]Example[/bold]

        tallylight shop create acme "Acme Goods" --currency USD --accent "#0a7f5a"
    """

    async def work(database: Database, settings: Settings) -> Shop:
        async with database.transaction() as connection:
            return await create_shop(connection, slug=slug, name=name, currency=currency.upper(), accent=accent)

    made = with_database(work)
    typer.echo(f"Created the shop {made.slug} ({made.name}, {made.currency}).")


@shop.command("shopper-link")
def make_a_shopper_link(
    email: Annotated[str, typer.Argument(help="Whose account; made with the link's first use.")],
    shop_slug: Annotated[str, typer.Option("--shop", help="The shop whose customer that is.")],
) -> None:
    """Print a link that signs a customer in once, within 15 minutes, for when a mail does not arrive.

    [dim]Be sure that the address is theirs: the link opens the orders that were placed with it.[/dim]
    """

    async def work(database: Database, settings: Settings) -> str:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            token = await issue_link(connection, found.id, email, now_us=SystemClock().now_us())
            return f"{web_url(settings)}/account/{found.slug}/signin#{token}"

    typer.echo(with_database(work))


@person.command("create")
def create_a_person(
    email: Annotated[str, typer.Argument(help="Their e-mail address; it is their name at sign-in.")],
    name: Annotated[str, typer.Argument(help="Their name as colleagues read it.")],
    shop_slug: Annotated[str, typer.Option("--shop", help="The shop that they work for.")],
    role: Annotated[
        list[str], typer.Option("--role", help="owner, producer, compliance, finance or host; may be given again.")
    ],
) -> None:
    """Create a person with roles in a shop, and print a link that signs them in once.

    [bold]Example[/bold]

        tallylight person create ada@acme.example "Ada Byron" --shop acme --role producer --role finance
    """

    async def work(database: Database, settings: Settings) -> str:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            made = await create_person(connection, email=email, name=name)
            await grant_roles(connection, found.id, made.id, role)
            return await _link(connection, made, settings)

    link = with_database(work)
    typer.echo(f"Created {email}. This link signs them in once, within {LINK_LASTS.days * 24} hours:\n{link}")


@person.command("link")
def make_a_link(email: Annotated[str, typer.Argument(help="Whose.")]) -> None:
    """Print a link that signs a person in once, within 24 hours. [dim]Give it to nobody else.[/dim]"""

    async def work(database: Database, settings: Settings) -> str:
        async with database.transaction() as connection:
            return await _link(connection, await require_person(connection, email), settings)

    typer.echo(with_database(work))


async def require_shop(connection: AsyncConnection, slug: str) -> Shop:
    """The shop of that slug, or the line that says how to make one."""
    found = await shop_by_slug(connection, slug)
    if found is None:
        raise NotFoundError(f"there is no shop {slug!r}: create it with tallylight shop create")
    return found


async def require_person(connection: AsyncConnection, email: str) -> Person:
    """Whose address it is, or the line that says how to create them."""
    found = await person_by_email(connection, email)
    if found is None:
        raise NotFoundError(f"there is nobody with the address {email}: create them with tallylight person create")
    return found


async def _link(connection: AsyncConnection, who: Person, settings: Settings) -> str:
    token = await issue_sign_in_link(connection, who.id, LINK_LASTS, SystemClock())
    return f"{web_url(settings)}/signin/{token}"
