"""``tallylight plan``: plays campaigns that were saved or written by hand, and writes what they come to."""

import csv
import io
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.command_line.books import ShopOption, in_shop
from tallylight.app.flows.plan_campaign import surroundings_of
from tallylight.deals.planner.queries import plans_of_shop, saved_plan
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.summarise import play_plan
from tallylight.deals.planner.types import Plan
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import Money
from tallylight.members.types import Shop

Format = Literal["json", "csv"]
AsOption = Annotated[Format, typer.Option("--as", help="json is everything; csv is a line a day.")]
plan = typer.Typer(no_args_is_help=True, help="Plans: what a campaign would come to.")


@plan.command("list")
def list_plans(shop: ShopOption) -> None:
    """The shop's plans, the last saved first."""
    for each in in_shop(shop, lambda connection, found: plans_of_shop(connection, found.id)):
        margin = Money(each.result.margin.p50, each.result.currency)
        typer.echo(f"{each.id}  {each.name}, version {each.version} ({each.state}): margin {margin.decimal()}")


@plan.command("show")
def show_plan(
    plan_id: Annotated[UUID, typer.Argument(help="As `tallylight plan list` shows it.")],
    shop: ShopOption,
    version: Annotated[int | None, typer.Option("--version", help="Without it, the newest.")] = None,
    form: AsOption = "json",
    document: Annotated[bool, typer.Option("--document", help="The plan itself, to change and play again.")] = False,
) -> None:
    """Print what a saved plan came to, or the plan itself."""
    found = in_shop(shop, lambda connection, at: saved_plan(connection, at.id, plan_id, version))
    if document:
        typer.echo(msgspec.json.format(msgspec.json.encode(found.plan)).decode())
    else:
        typer.echo(_written(found.result, form), nl=False)


@plan.command("run")
def run_plan(
    file: Annotated[Path, typer.Argument(help="A plan as JSON: see `tallylight plan show --document`.", exists=True)],
    shop: ShopOption,
    seed: Annotated[int | None, typer.Option("--seed", help="Draw with this seed instead of the plan's.")] = None,
    form: AsOption = "json",
) -> None:
    """Play a plan at the shop's prices and rates of now, and print what it comes to. Nothing is kept.

    [bold]Example[/bold]

        tallylight plan run spring.json --shop acme --seed 7 --as csv
    """
    try:
        read = msgspec.json.decode(file.read_bytes(), type=Plan)
    except msgspec.MsgspecError as error:
        raise InvalidInputError(f"{file} is no plan: {error}") from error
    if seed is not None:
        read = msgspec.structs.replace(read, seed=seed)

    async def work(connection: AsyncConnection, found: Shop) -> PlanResult:
        around = await surroundings_of(connection, found.id, now_us=SystemClock().now_us())
        return play_plan(read, around)

    typer.echo(_written(in_shop(shop, work), form), nl=False)


def _written(result: PlanResult, form: Format) -> str:
    return result_csv(result) if form == "csv" else msgspec.json.format(msgspec.json.encode(result)).decode() + "\n"


def result_csv(result: PlanResult) -> str:
    """A line a day, amounts as decimals: P10, P50 and P90 of orders, revenue, margin and each funder's discount."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = ["orders", "revenue", "margin", *(f"discount {each.party} {each.name}" for each in result.funders)]
    writer.writerow(["day", "currency", *(f"{name} {rank}" for name in names for rank in ("p10", "p50", "p90"))])
    for day in result.days:
        orders = [str(each) for each in (day.orders.p10, day.orders.p50, day.orders.p90)]
        ranges = (day.revenue, day.margin, *day.discounts)
        amounts = [minor for each in ranges for minor in (each.p10, each.p50, each.p90)]
        writer.writerow(
            [day.day, result.currency, *orders, *(Money(each, result.currency).decimal() for each in amounts)]
        )
    return out.getvalue()
