"""The commands by name, each imported only when it is asked for, so that a short one starts in a moment."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

COMMANDS = {
    "serve": "serve:serve",
    "demo": "serve:demo",
    "doctor": "doctor:doctor",
    "migrate": "maintenance:migrate",
    "check": "check:check",
    "packs": "packs:packs",
    "stream-key": "stream_key:stream_key",
    "shop": "shop_terms:shop",
    "person": "members:person",
    "products": "products:products",
    "show": "shows:show",
    "media": "media:media",
    "rules": "rules:rules",
    "claims": "claims:claims",
    "scripts": "claims:scripts",
    "evidence": "evidence:evidence",
    "statements": "books:statements",
    "payouts": "books:payouts",
    "commissions": "books:commissions",
    "fees": "books:fees",
    "plan": "plans:plan",
}
"""Command → module in this package and what stands for it there: a function, or a Typer of its own."""


class LazyCommands(TyperGroup):
    """Knows its commands by name and loads one when it is run or helped with."""

    def list_commands(self, ctx):  # type: ignore[no-untyped-def]  # click's own types differ by version
        return list(COMMANDS)

    def get_command(self, ctx, cmd_name):  # type: ignore[no-untyped-def]
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(f"tallylight.app.command_line.{module}"), attribute)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            alone = typer.Typer(rich_markup_mode="rich", add_completion=False)
            alone.command(cmd_name)(found)
            command = get_command(alone)
        command.name = cmd_name
        return command
