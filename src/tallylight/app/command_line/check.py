"""``tallylight check``: what a market's rules make of a recording or of sentences, before anything airs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

FailOn = Literal["note", "hold", "block"]


def check(
    recording: Annotated[
        Path | None, typer.Argument(help="A rehearsal or any recording with a host's voice.", dir_okay=False)
    ] = None,
    lines: Annotated[
        Path | None,
        typer.Option(
            "--lines", help="Sentences instead, a JSON object a line; - reads standard input.", dir_okay=False
        ),
    ] = None,
    market: Annotated[
        str, typer.Option("--market", help="The market whose rules hold: see tallylight packs list.")
    ] = "us-en",
    pack: Annotated[
        Path | None, typer.Option("--pack", help="A pack file of your own, in place of --market.", dir_okay=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: an object a line, in order, or a recording's report.")
    ] = False,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Sentences: exit with 3 when a verdict is this or graver.")
    ] = None,
    patterns_only: Annotated[
        bool, typer.Option("--patterns-only", help="Sentences: without the second opinion on meaning; much faster.")
    ] = False,
    shop_slug: Annotated[
        str | None, typer.Option("--shop", help="Recording: the shop whose prices, stock and claims hold.")
    ] = None,
    facts: Annotated[
        Path | None, typer.Option("--facts", help="Recording: a file of facts instead of a shop.", dir_okay=False)
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Recording: when it is as if it were spoken (ISO 8601); now.")
    ] = None,
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", help="Recording: write the report here, as .pdf or .json; repeatable."),
    ] = None,
) -> None:
    """Check a recording, or sentences, with the engine that guards a live show.

    A recording is heard, checked and reported; the exit code is 1 if something would have been stopped.

    Sentences need no database. A line is [bold]{"id", "text", "lang"?, "facts"?, "context"?}[/bold]; each stands
    alone. The answer is {"id", "verdict", "findings"}; a malformed line is answered with {"id", "error"}, and the exit
    code is then 1. See docs/packs.md and docs/evidence.md.

    [bold]Examples[/bold]

        tallylight check rehearsal.mp4 --shop acme --report report.pdf

        tallylight check rehearsal.mp4 --facts facts.json --json

        tallylight check --lines script.jsonl --market us-en --json --fail-on hold
    """
    if (recording is None) == (lines is None):
        raise typer.BadParameter("say what to check: a recording, or --lines FILE", param_hint="RECORDING")
    of_recording = {"--shop": shop_slug, "--facts": facts, "--at": at, "--report": reports}
    if misplaced := [name for name, value in of_recording.items() if lines is not None and value]:
        raise typer.BadParameter("is for a recording; a line brings its own facts", param_hint=misplaced[0])
    # Each half is imported only now: sentences are checked in a moment, and a recording needs a recogniser.
    if lines is not None:
        from tallylight.app.command_line.check_lines import check_lines

        code = check_lines(
            lines, market=market, pack_file=pack, as_json=as_json, fail_on=fail_on, patterns_only=patterns_only
        )
        raise typer.Exit(code)
    if patterns_only:
        raise typer.BadParameter("is for sentences", param_hint="--patterns-only")
    if fail_on is not None:
        raise typer.BadParameter("is for sentences; a recording exits with 1 at a stop", param_hint="--fail-on")
    from tallylight.app.command_line.check_recording import check_a_recording

    assert recording is not None
    check_a_recording(
        recording,
        shop_slug=shop_slug,
        facts_file=facts,
        market=market,
        pack_file=pack,
        at=at,
        reports=reports or [],
        as_json=as_json,
    )
