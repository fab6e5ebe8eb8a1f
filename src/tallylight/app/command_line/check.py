"""``tallylight check``: what the rules say, before anything airs."""

from pathlib import Path
from typing import Annotated

import typer

from tallylight.app.command_line.check_recording import check_a_recording


def check(
    recording: Annotated[Path, typer.Argument(help="A rehearsal or any recording with a host's voice.")],
    shop_slug: Annotated[
        str | None, typer.Option("--shop", help="The shop whose prices, stock and claims hold.")
    ] = None,
    facts: Annotated[Path | None, typer.Option(help="A file of facts instead of a shop.", dir_okay=False)] = None,
    market: Annotated[str, typer.Option(help="Whose law: the name of a rule pack.")] = "us-en",
    at: Annotated[str | None, typer.Option(help="When it is as if it were spoken (ISO 8601); now.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON here.", dir_okay=False)] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the report as PDF here.", dir_okay=False)] = None,
) -> None:
    """Check a recording with the engine that guards a live show. Exit code 1 if something would have been stopped.

    [bold]Examples[/bold]

        tallylight check rehearsal.mp4 --shop acme --pdf report.pdf

        tallylight check rehearsal.mp4 --facts facts.json --json report.json
    """
    check_a_recording(
        recording, shop_slug=shop_slug, facts_file=facts, market=market, at=at, json_file=json, pdf_file=pdf
    )
