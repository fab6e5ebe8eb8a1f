"""``tallylight doctor``."""

import asyncio
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import read_settings

if TYPE_CHECKING:
    from tallylight.app.processes.self_checks import Finding

_MARKS = {"ok": "[green]ok  [/green]", "note": "[yellow]note[/yellow]", "fail": "[bold red]FAIL[/bold red]"}


def doctor() -> None:
    """Say what works on this machine and what does not: database, speech, encoder, ports, disk, front end.

    Exit code 1 if something that Tallylight needs does not work.
    """
    # Brings in the codecs and the recogniser, a second's work that no other command should wait for.
    from tallylight.app.processes.self_checks import examine

    configure_logs("error", process="doctor")
    settings = read_settings()
    console = Console(highlight=False, soft_wrap=True)
    failures = 0

    def show(finding: "Finding") -> None:
        nonlocal failures
        failures += finding.grade == "fail"
        console.print(f"{_MARKS[finding.grade]}  [bold]{finding.subject:<11}[/bold] ", end="")
        console.print(finding.text, markup=False)

    asyncio.run(examine(settings, show))
    if failures:
        typer.echo(f"tallylight: {failures} of the things above must be put right first", err=True)
        raise typer.Exit(1)
    typer.echo("Everything that Tallylight needs works here. Try: tallylight demo")
