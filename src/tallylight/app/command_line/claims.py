"""``tallylight claims`` and ``tallylight scripts``."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.command_line.members import require_shop
from tallylight.app.command_line.session import with_database
from tallylight.app.flows.import_script import ScriptImport, import_script
from tallylight.compliance.library.claims_csv import BYTES_MAX
from tallylight.compliance.library.import_claims import ClaimImport, export_claims, import_claims
from tallylight.compliance.scripts.script_file import FILE_BYTES_MAX, read_script_file
from tallylight.foundation.clock import SystemClock, to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.settings import Settings
from tallylight.members.queries import memberships_of, person_by_email

claims = typer.Typer(no_args_is_help=True, help="The claims library: what legal stands behind.")
scripts = typer.Typer(no_args_is_help=True, help="Scripts: what hosts are to say.")

InShop = Annotated[str, typer.Option("--shop", help="The shop's slug.")]
As = Annotated[
    str | None,
    typer.Option("--as", help="E-mail address of the person in whose name it is done; without it, the operator's."),
]


@claims.callback()
def about_claims() -> None:
    """The claims library: what legal stands behind, worded, for one product or the whole brand, in one market."""


@scripts.callback()
def about_scripts() -> None:
    """Scripts: what hosts are to say, signed off by compliance in the web before they can be pinned to a show."""


@claims.command("import")
def import_a_library(
    file: Annotated[Path, typer.Argument(help="A CSV file as the export writes it.", dir_okay=False)],
    shop_slug: InShop,
    email: As = None,
) -> None:
    """Bring claims into a shop's library. Bad rows are reported by line; the good ones are imported.

    Rows are known by product, market and wording; the same file again changes nothing. A row in the state approved is
    approved in the name of whoever imports, who needs the role compliance for that.

    [bold]Example[/bold]

        tallylight claims import claims.csv --shop acme --as legal@acme.example
    """
    body = _read(file, BYTES_MAX)

    async def work(database: Database, settings: Settings) -> ClaimImport:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            person_id, roles = await _person(connection, email, found.id)
            return await import_claims(
                connection,
                found.id,
                body,
                may_approve=email is None or bool(roles & {"compliance", "owner"}),
                by=person_id,
                at=to_datetime(SystemClock().now_us()),
            )

    report = with_database(work)
    for row in report.skipped_rows:
        typer.echo(f"{file}:{row.line}: {row.problem}", err=True)
    typer.echo(
        f"{report.imported} claims new, {report.updated} updated, {report.unchanged} as they were,"
        f" {len(report.skipped_rows)} rows with a problem."
    )
    if report.skipped_rows and not report.imported + report.updated + report.unchanged:
        sys.exit(1)


@claims.command("export")
def export_a_library(
    shop_slug: InShop,
    file: Annotated[
        Path | None, typer.Option("--to", help="Where to write it; without it, to the terminal.", dir_okay=False)
    ] = None,
) -> None:
    """Write a shop's library as CSV, in the form that the import reads.

    [bold]Example[/bold]

        tallylight claims export --shop acme --to claims.csv
    """

    async def work(database: Database, settings: Settings) -> str:
        async with database.reading() as connection:
            found = await require_shop(connection, shop_slug)
            return await export_claims(connection, found.id, to_datetime(SystemClock().now_us()))

    text = with_database(work)
    if file is None:
        # Through a text stream the line ends would be the platform's.
        typer.echo(text.encode(), nl=False)
        return
    try:
        file.write_bytes(text.encode())
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be written: {error.strerror}") from error


@scripts.command("import")
def import_a_script(
    file: Annotated[Path, typer.Argument(help="A script file (TOML): see docs/scripts.md.", dir_okay=False)],
    shop_slug: InShop,
    email: As = None,
) -> None:
    """Bring a script into a shop as a draft; one of the same title gets a new draft version.

    [bold]Example[/bold]

        tallylight scripts import friday.toml --shop acme
    """
    parsed = read_script_file(_read(file, FILE_BYTES_MAX))

    async def work(database: Database, settings: Settings) -> ScriptImport:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            person_id, _ = await _person(connection, email, found.id)
            return await import_script(
                connection, found.id, parsed, by=person_id, at=to_datetime(SystemClock().now_us())
            )

    done = with_database(work)
    if not done.changed:
        typer.echo(f"Version {done.version} of “{parsed.title}” says this already.")
    else:
        typer.echo(f"“{parsed.title}”, version {done.version}: {done.lines} lines, as a draft. Review it on the desk.")


async def _person(connection: AsyncConnection, email: str | None, shop_id: UUID) -> tuple[UUID | None, set[str]]:
    """Who does it, and their roles in the shop. NotFoundError for somebody who does not work there."""
    if email is None:
        return None, set()
    found = await person_by_email(connection, email)
    memberships = [] if found is None else await memberships_of(connection, found.id)
    roles: set[str] = {role for one in memberships if one.shop.id == shop_id for role in one.roles}
    if found is None or not roles:
        raise NotFoundError(f"nobody with the address {email} works for this shop")
    return found.id, roles


def _read(file: Path, bytes_max: int) -> bytes:
    try:
        if file.stat().st_size > bytes_max:
            raise InvalidInputError(f"{file} is larger than {bytes_max >> 20} MiB: split it")
        return file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}") from error
