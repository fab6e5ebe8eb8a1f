"""The command's entry point and its table of contents."""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from tallylight.app.command_line.commands import LazyCommands
from tallylight.foundation.errors import TallyError

app = typer.Typer(
    name="tallylight",
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tallylight {version('tallylight')}")
        raise typer.Exit


@app.callback()
def about(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """[bold]Tallylight[/bold]: live shopping that a brand's legal and finance teams will sign off.

    Every word is checked before a viewer hears it; every discount is paid for by a named funder, to the cent.

    [bold]Try it[/bold]  (a shop, a host, viewers; nothing to set up)

        tallylight demo

    [bold]Your own shop[/bold]

        tallylight shop create acme "Acme Goods" --currency USD

        tallylight person create ada@acme.example "Ada Byron" --shop acme --role owner

        tallylight products import products.csv --shop acme

        tallylight show create friday "Friday live" --shop acme --host "Joe"

        tallylight stream-key friday

        tallylight serve

    Settings are environment variables, such as TALLYLIGHT_WEB_PORT and DATABASE_URL: see docs/configuration.md.
    """


def main() -> None:
    """Run the command line; never a traceback for what a person can cause."""
    try:
        app()
    except TallyError as error:
        typer.echo(f"tallylight: {error.message}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has gone; python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
