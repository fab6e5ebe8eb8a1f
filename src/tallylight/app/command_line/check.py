"""``tallylight check``: what a market's rules make of words, before anybody says them on air."""

from pathlib import Path
from typing import Annotated, Literal

import typer

FailOn = Literal["note", "hold", "block"]


def check(
    lines: Annotated[
        Path | None,
        typer.Option(
            "--lines", help="Sentences to check, a JSON object a line; - reads standard input.", dir_okay=False
        ),
    ] = None,
    market: Annotated[
        str, typer.Option("--market", help="The market whose rules hold: see tallylight packs list.")
    ] = "us-en",
    pack: Annotated[
        Path | None, typer.Option("--pack", help="A pack file of your own, in place of --market.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with a JSON object a line, in order.")] = False,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit with 3 when a verdict is this or graver.")
    ] = None,
) -> None:
    """Check sentences against a market's rules. Needs no database.

    A line is [bold]{"id", "text", "lang"?, "facts"?, "context"?}[/bold]; each stands alone. The answer is
    {"id", "verdict", "findings"}; a malformed line is answered with {"id", "error"}, and the exit code is then 1.
    See docs/packs.md.

    [bold]Example[/bold]

        tallylight check --lines script.jsonl --market us-en --json --fail-on hold
    """
    if lines is None:
        raise typer.BadParameter("say what to check: --lines FILE", param_hint="--lines")
    # Imported only now: this command starts in a moment, and its sisters need other things.
    from tallylight.app.command_line.check_lines import check_lines

    raise typer.Exit(check_lines(lines, market=market, pack_file=pack, as_json=as_json, fail_on=fail_on))
