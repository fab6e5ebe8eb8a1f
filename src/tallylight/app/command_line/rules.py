"""``tallylight rules``: what a shop adds to a market's rules, and what it turns down in them."""

from typing import Annotated, Literal

import typer

from tallylight.app.command_line.members import require_shop
from tallylight.app.command_line.session import with_database
from tallylight.compliance.change_shop_rules import RuleChange, change_shop_rules
from tallylight.compliance.rules_view import RulesView, rules_view
from tallylight.compliance.shop_rules import (
    AddRival,
    AddWord,
    Change,
    RemoveRival,
    RemoveRule,
    RemoveWord,
    SetLevel,
    SetRule,
)
from tallylight.foundation.clock import SystemClock, to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings

rules = typer.Typer(no_args_is_help=True, help="A shop's rules: added words, rivals and rules, and rules turned down.")

ShopOption = Annotated[str, typer.Option("--shop", help="Whose rules.")]
MarketOption = Annotated[str, typer.Option("--market", help="In which market.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


@rules.command("list")
def list_rules(shop_slug: ShopOption, market: MarketOption = "us-en") -> None:
    """List the rules of a market as they are in force in a shop."""

    async def work(database: Database, settings: Settings) -> RulesView:
        async with database.reading() as connection:
            found = await require_shop(connection, shop_slug)
            return await rules_view(connection, found.id, market)

    view = with_database(work)
    for rule in view.rules:
        typer.echo(f"{rule.id:6} {rule.level:5} {rule.title} [{rule.citation}]")
        if rule.change is not None and not rule.own:
            typer.echo(f"             turned down from {rule.severity}: {rule.change.reason} ({_who(rule.change.by)})")
    for word in view.words:
        if isinstance(word.change, AddWord):
            typer.echo(f"word   {word.change.word_class}: {word.change.word} ({word.reason}, {_who(word.by)})")
    if view.rivals:
        typer.echo(f"rivals {', '.join(view.rivals)}")


@rules.command("turn-down")
def turn_down(
    rule: Annotated[str, typer.Argument(help="The rule, such as R10.")],
    level: Annotated[Literal["hold", "note", "off", "market"], typer.Argument(help="market: as the market has it.")],
    shop_slug: ShopOption,
    reason: ReasonOption,
    market: MarketOption = "us-en",
) -> None:
    """Turn a rule down to hold, note or off, or back to what the market has.

    [bold]Example[/bold]

        tallylight rules turn-down R10 note --shop acme --reason "Puffery only; agreed with counsel."
    """
    view = _change(shop_slug, market, SetLevel(rule, None if level == "market" else level), reason)
    now = next(each.level for each in view.rules if each.id == rule)
    typer.echo(f"{rule} is {now} in {market} for {shop_slug}, from the next broadcast on.")


@rules.command("add")
def add_rule(
    rule: Annotated[str, typer.Argument(help='Its id: "S-" and letters.')],
    phrases: Annotated[list[str], typer.Argument(help="Phrases that break it, in words or the pattern language.")],
    shop_slug: ShopOption,
    reason: ReasonOption,
    title: Annotated[str, typer.Option(help="What is wrong with it.")],
    say_instead: Annotated[str, typer.Option(help="What the host may say instead.")],
    severity: Annotated[Literal["note", "hold", "block"], typer.Option()] = "hold",
    market: MarketOption = "us-en",
) -> None:
    """Add a rule of the shop's own.

    [bold]Example[/bold]

        tallylight rules add S-founder "our founder is a doctor" --shop acme --severity block
            --title "The founder is no doctor" --say-instead "Leave the founder out." --reason "He is not."
    """
    _change(shop_slug, market, SetRule(rule, title, severity, phrases, say_instead), reason)
    typer.echo(f"{rule} holds in {market} for {shop_slug}, from the next broadcast on.")


@rules.command("remove")
def remove_rule(
    rule: Annotated[str, typer.Argument()], shop_slug: ShopOption, reason: ReasonOption, market: MarketOption = "us-en"
) -> None:
    """Remove a rule of the shop's own."""
    _change(shop_slug, market, RemoveRule(rule), reason)
    typer.echo(f"{rule} is gone.")


@rules.command("word")
def change_word(
    word_class: Annotated[str, typer.Argument(help="A class of the market's lexicon, such as disease.")],
    word: Annotated[str, typer.Argument()],
    shop_slug: ShopOption,
    reason: ReasonOption,
    market: MarketOption = "us-en",
    remove: Annotated[bool, typer.Option("--remove", help="Take it off again.")] = False,
) -> None:
    """Add a word to a class of the market's lexicon, or take one off that the shop added."""
    change = RemoveWord(word_class, word) if remove else AddWord(word_class, word)
    _change(shop_slug, market, change, reason)
    typer.echo(f"{word} {'no longer counts' if remove else 'counts'} as {word_class}.")


@rules.command("rival")
def change_rival(
    name: Annotated[str, typer.Argument()],
    shop_slug: ShopOption,
    reason: ReasonOption,
    remove: Annotated[bool, typer.Option("--remove", help="Take it off again.")] = False,
) -> None:
    """Name a rival whom hosts may not compare with, or take one off; it holds in every market."""
    _change(shop_slug, "us-en", RemoveRival(name) if remove else AddRival(name), reason)
    typer.echo(f"{name} is {'no longer ' if remove else ''}a rival.")


def _change(shop_slug: str, market: str, change: Change, reason: str) -> RulesView:
    async def work(database: Database, settings: Settings) -> RulesView:
        async with database.transaction() as connection:
            found = await require_shop(connection, shop_slug)
            wanted = RuleChange(change=change, reason=reason)
            at = to_datetime(SystemClock().now_us())
            await change_shop_rules(connection, found.id, market, wanted, changed_by=None, at=at)
            return await rules_view(connection, found.id, market)

    return with_database(work)


def _who(name: str | None) -> str:
    return name or "the administrator"
