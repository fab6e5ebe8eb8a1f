"""``tallylight products``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tallylight.app.command_line.members import require_shop
from tallylight.app.command_line.session import with_database
from tallylight.catalogue.import_shopify_csv import import_shopify_csv
from tallylight.catalogue.schemas import ImportReport
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings

FILE_BYTES_MAX = 64 << 20

products = typer.Typer(no_args_is_help=True, help="The catalogue: what is sold.")


@products.callback()
def about() -> None:
    """The catalogue: what is sold."""


@products.command("import")
def import_products(
    file: Annotated[Path, typer.Argument(help="A product export in Shopify's CSV format.", dir_okay=False)],
    shop_slug: Annotated[str, typer.Option("--shop", help="The shop to bring them into.")],
) -> None:
    """Bring products into a shop, or up to date. Bad rows are reported by line; the good ones are imported.

    Columns that are not known are ignored, and the same file again changes nothing.

    [bold]Example[/bold]

        tallylight products import products_export.csv --shop acme
    """
    body = _read(file)

    async def work(database: Database, settings: Settings) -> ImportReport:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            return await import_shopify_csv(connection, found.id, body, at_us=SystemClock().now_us())

    report = with_database(work)
    for row in report.skipped_rows:
        typer.echo(f"{file}:{row.line}: {row.problem}", err=True)
    typer.echo(
        f"{report.imported} products new, {report.updated} known, {len(report.skipped_rows)} rows with a problem."
    )
    if report.skipped_rows and not report.imported + report.updated:
        sys.exit(1)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise InvalidInputError(f"{file} is larger than {FILE_BYTES_MAX >> 20} MiB: split it")
        return file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}") from error
