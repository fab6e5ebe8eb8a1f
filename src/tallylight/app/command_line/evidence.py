"""``tallylight evidence``."""

from typing import Annotated
from uuid import UUID

import typer

from tallylight.app.command_line.session import with_database
from tallylight.compliance.evidence import EvidenceReport, broadcasts_with_evidence, verify_evidence
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings

evidence = typer.Typer(no_args_is_help=True, help="The record of what was said, found, decided and aired.")


@evidence.callback()
def about() -> None:
    """The record of what was said, found, decided and aired: append-only, each entry chained to the one before."""


@evidence.command("verify")
def verify(
    broadcast: Annotated[UUID | None, typer.Argument(help="A broadcast's id; without one, every broadcast.")] = None,
) -> None:
    """Recompute every hash and compare: exit code 1 if an entry was changed, removed, inserted or moved.

    [bold]Examples[/bold]

        tallylight evidence verify

        tallylight evidence verify 0190a6c2-7d1e-7b3a-9f55-2f3c8f1f0d11
    """

    async def work(database: Database, settings: Settings) -> list[EvidenceReport]:
        async with database.reading() as connection:
            wanted = [broadcast] if broadcast else await broadcasts_with_evidence(connection)
            return [await verify_evidence(connection, one) for one in wanted]

    reports = with_database(work)
    for report in reports:
        typer.echo(_line(report))
    if not reports:
        typer.echo("No broadcast has left evidence yet.")
    if any(not report.intact for report in reports):
        raise typer.Exit(1)


def _line(report: EvidenceReport) -> str:
    if report.broken is None:
        return f"{report.broadcast_id}  intact  {report.entries} entries  head {report.head}"
    return f"{report.broadcast_id}  BROKEN at entry {report.broken.seq}: {report.broken.reason}"
