"""``tallylight packs``: the rules of the markets."""

from pathlib import Path
from typing import Annotated

import typer

packs = typer.Typer(no_args_is_help=True, help="Rule packs: what may not be said in each market.")


@packs.command("list")
def list_packs() -> None:
    """List the packs that ship: market, version, rules, tests, and what a market leaves out."""
    from tallylight.compliance.pack import MARKETS, load_pack_data

    for market in MARKETS:
        data = load_pack_data(market)
        tests = sum(len(rule.tests) for rule in data.rules)
        typer.echo(f"{market}  version {data.version}  {len(data.rules):2} rules  {tests:3} tests  {data.name}")
        for rule, reason in data.absent.items():
            typer.echo(f"       without {rule}: {reason}")


@packs.command("validate")
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Pack files; none: those that ship.", dir_okay=False)
    ] = None,
) -> None:
    """Check packs: schema, classes, patterns, that every rule is there, and the tests inside. Exit code 1 on a fault.

    [bold]Example[/bold]

        tallylight packs validate our-market.toml
    """
    from tallylight.compliance.pack import MARKETS, pack_text
    from tallylight.compliance.pack_checks import check_pack
    from tallylight.foundation.errors import InvalidInputError

    faulty = False
    named = [(str(file), file) for file in files] if files else [(market, None) for market in MARKETS]
    for name, file in named:
        try:
            text = file.read_text(encoding="utf-8") if file is not None else pack_text(name)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"{name} cannot be read: {error}", field="files") from None
        report = check_pack(text)
        for fault in report.faults:
            typer.echo(f"{name}: {fault.place}: {fault.message}")
        faulty = faulty or bool(report.faults)
        if not report.faults:
            typer.echo(f"{name}: fine, {report.rules} rules, {report.tests} tests passed")
    if faulty:
        raise typer.Exit(1)
