"""``tallylight shop terms``: what shipping costs and how soon a shop delivers, which hosts are held to."""

from typing import Annotated

import typer

from tallylight import catalogue
from tallylight.app.command_line.members import require_shop, shop
from tallylight.app.command_line.session import with_database
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import Money
from tallylight.foundation.settings import Settings


@shop.command("terms")
def set_terms(
    slug: Annotated[str, typer.Argument(help="The shop's slug.")],
    shipping: Annotated[str, typer.Option("--shipping", help="What shipping costs, like 4.95; 0 for nothing.")],
    free_over: Annotated[
        str | None, typer.Option("--free-over", help="Goods total from which shipping is free; without it, never.")
    ] = None,
    delivery_days: Annotated[
        int | None, typer.Option("--delivery-days", help="Days until the earliest delivery; without it, not said.")
    ] = None,
) -> None:
    """Set the shop's terms from now on. What held before stays on record: hosts are held to the terms of the moment.

    [bold]Example[/bold]

        tallylight shop terms acme --shipping 4.95 --free-over 60 --delivery-days 2
    """

    async def work(database: Database, settings: Settings) -> None:
        async with database.transaction() as connection:
            found = await require_shop(connection, slug)
            await catalogue.set_shop_terms(
                connection,
                found.id,
                shipping_fee_minor=_minor(shipping, found.currency, "--shipping"),
                free_shipping_over_minor=None
                if free_over is None
                else _minor(free_over, found.currency, "--free-over"),
                delivery_days_min=delivery_days,
            )

    with_database(work)
    typer.echo(f"The terms of {slug} hold from now on.")


@shop.command("first-paid")
def set_first_paid(
    slug: Annotated[str, typer.Argument(help="The shop's slug.")],
    on: Annotated[bool, typer.Option("--on/--off", help="Whether unpaid orders hold nothing.")] = True,
) -> None:
    """Serve first who pays first: an order keeps no piece from anybody before its buyer's bank has said yes.

    Against carts that are filled and never paid. Who pays too late is told so, and gets the money back at once.

    [bold]Example[/bold]

        tallylight shop first-paid acme --on
    """

    async def work(database: Database, settings: Settings) -> None:
        async with database.transaction() as connection:
            found = await require_shop(connection, slug)
            await catalogue.set_first_paid(connection, found.id, first_paid=on)

    with_database(work)
    typer.echo(f"In {slug} {'who pays first is served first' if on else 'pieces are held while a buyer pays'}.")


def _minor(text: str, currency: str, option: str) -> int:
    try:
        return Money.parse(text, currency).minor
    except ValueError as error:
        raise InvalidInputError(f"{option}: {error}") from error
