"""``tallylight evidence``."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from tallylight.app.command_line.session import with_database
from tallylight.app.flows.report_broadcast import report_broadcast, stops_folder
from tallylight.compliance.evidence import EvidenceReport, broadcasts_with_evidence, verify_evidence
from tallylight.compliance.report.bundle import write_bundle
from tallylight.compliance.report.document import Document, document_json, document_sha256
from tallylight.compliance.report.render import document_pdf
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


@evidence.command("report")
def write_report(
    broadcast: Annotated[UUID, typer.Argument(help="The broadcast's id.")],
    pdf: Annotated[Path | None, typer.Option(help="Write the report as PDF here.", dir_okay=False)] = None,
    json: Annotated[Path | None, typer.Option(help="Write it as JSON, chain and all, here.", dir_okay=False)] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Write a ZIP of both, the sounds and verify.py here.", dir_okay=False)
    ] = None,
    entries: Annotated[
        int | None, typer.Option(min=1, help="Only the chain's first so many entries: how it read when it was signed.")
    ] = None,
) -> None:
    """Write a broadcast's evidence report. Without a file, its verdict on one line.

    [bold]Example[/bold]

        tallylight evidence report 0190a6c2-7d1e-7b3a-9f55-2f3c8f1f0d11 --bundle friday.zip
    """

    async def work(database: Database, settings: Settings) -> tuple[Document, Path]:
        async with database.reading() as connection:
            document = await report_broadcast(connection, broadcast, entries=entries)
        return document, stops_folder(settings.recordings_dir, broadcast)

    document, folder = with_database(work)
    if json is not None:
        json.write_bytes(document_json(document))
    if pdf is not None:
        pdf.write_bytes(document_pdf(document))
    if bundle is not None:
        with bundle.open("wb") as target:
            for name in write_bundle(document, folder, target):
                typer.echo(f"{name} is not on this machine and not in the bundle", err=True)
    typer.echo(f"{document.glance.sentence}  JSON sha256 {document_sha256(document)}")


def _line(report: EvidenceReport) -> str:
    if report.broken is None:
        acts = "".join(f"  {each.entries} emptied by entry {each.act_seq}" for each in report.redactions)
        return f"{report.broadcast_id}  intact  {report.entries} entries  head {report.head}{acts}"
    return f"{report.broadcast_id}  BROKEN at entry {report.broken.seq}: {report.broken.reason}"
