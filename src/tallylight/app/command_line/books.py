"""``tallylight statements``, ``tallylight payouts``, ``tallylight commissions`` and ``tallylight fees``."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.app.command_line.members import require_shop
from tallylight.app.command_line.session import with_database
from tallylight.app.flows.close_statements import close_period
from tallylight.app.flows.export_books import books_as_beancount
from tallylight.app.flows.export_statement import statement_csv
from tallylight.app.statement_pdf.render import amount_words, statement_pdf
from tallylight.foundation.clock import SystemClock, from_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import Money
from tallylight.foundation.settings import Settings
from tallylight.ledger import FEE_KINDS, FeeKind, NewFee, NewPlan, PlanKind
from tallylight.ledger.charge_types import Base
from tallylight.ledger.closed_statements.read import closed_statement, closed_statements
from tallylight.ledger.payouts.bank_accounts import NewBankAccount, record_bank_account
from tallylight.ledger.payouts.make_payouts import make_payouts
from tallylight.ledger.payouts.pain001 import pain001
from tallylight.ledger.payouts.read import batches_of_shop, payout_batch_of
from tallylight.ledger.payouts.transfer_csv import transfer_csv
from tallylight.ledger.types import PartyKind
from tallylight.members.types import Shop

T = TypeVar("T")
Work = Callable[[AsyncConnection, Shop], Awaitable[T]]
ShopOption = Annotated[str, typer.Option("--shop", help="The shop's slug.")]

statements = typer.Typer(no_args_is_help=True, help="Statements: close a period, export what was closed.")
payouts = typer.Typer(no_args_is_help=True, help="Payouts: where parties are paid, transfer files.")
commissions = typer.Typer(no_args_is_help=True, help="Commission plans: open, target, partner.")
fees = typer.Typer(no_args_is_help=True, help="Fees and the reserve that a brand is charged.")


def in_shop(slug: str, work: Work[T]) -> T:
    """Run ``work`` in one transaction on the shop and return what it returns."""

    async def run(database: Database, settings: Settings) -> T:
        async with database.transaction() as connection:
            return await work(connection, await require_shop(connection, slug))

    return with_database(run)


@statements.command("close")
def close_statements(
    shop: ShopOption,
    to: Annotated[str | None, typer.Option("--to", help="First day that stays open (UTC); without it, today.")] = None,
) -> None:
    """Close everything posted before a day, a statement a party. What is closed never changes.

    [bold]Example[/bold]

        tallylight statements close --shop acme --to 2026-12-01
    """
    now_us = SystemClock().now_us()
    day = datetime.now(UTC).date() if to is None else _day(to)

    async def work(connection: AsyncConnection, found: Shop) -> list[str]:
        made = await close_period(
            connection, found.id, currency=found.currency, to_us=_midnight_us(day), closed_by=None, now_us=now_us
        )
        closed = [await closed_statement(connection, found.id, each) for each in made]
        return [
            f"{each.closed.id}  {each.closed.party.kind} {each.closed.party.name},"
            f" statement {each.closed.number}: {amount_words(each.closed.payable)}"
            for each in closed
        ]

    lines = in_shop(shop, work)
    typer.echo("\n".join(lines) if lines else "Nothing was posted since the last statements.")


@statements.command("list")
def list_statements(shop: ShopOption) -> None:
    """The closed statements, newest first."""
    for each in in_shop(shop, lambda connection, found: closed_statements(connection, found.id)):
        typer.echo(
            f"{each.id}  {each.to[:10]}  {each.party.kind} {each.party.name}, statement {each.number}:"
            f" {amount_words(each.payable)}, {each.state.replace('_', ' ')}"
        )


@statements.command("export")
def export_statement(
    statement_id: Annotated[UUID, typer.Argument(help="As `tallylight statements list` shows it.")],
    file: Annotated[Path, typer.Argument(help="Where to write: its name ends in .csv or .pdf.", dir_okay=False)],
    shop: ShopOption,
) -> None:
    """Write a closed statement as CSV (every entry) or PDF."""

    async def work(connection: AsyncConnection, found: Shop) -> bytes:
        if file.suffix == ".csv":
            return (await statement_csv(connection, found.id, statement_id)).encode()
        if file.suffix != ".pdf":
            raise InvalidInputError("the file's name must end in .csv or .pdf")
        closed = await closed_statement(connection, found.id, statement_id)
        return await asyncio.to_thread(statement_pdf, closed, shop_name=found.name)

    _write(file, in_shop(shop, work))


@statements.command("beancount")
def export_beancount(
    file: Annotated[Path, typer.Argument(help="Where to write.", dir_okay=False)],
    shop: ShopOption,
    to: Annotated[str | None, typer.Option("--to", help="First day that is left out (UTC); without it, all.")] = None,
) -> None:
    """Write the whole books for beancount, with a balance assertion an account: check them with `bean-check`."""
    to_us = SystemClock().now_us() + 1 if to is None else _midnight_us(_day(to))

    async def run(database: Database, settings: Settings) -> str:
        async with database.reading() as connection:
            found = await require_shop(connection, shop)
        return "".join([piece async for piece in books_as_beancount(database, found.id, to_us=to_us)])

    _write(file, with_database(run).encode())


@payouts.command("account")
def name_account(
    kind: Annotated[str, typer.Argument(help="bank (where payouts come from), brand, platform, creator, supplier.")],
    holder: Annotated[str, typer.Argument(help="The account holder's name.")],
    shop: ShopOption,
    name: Annotated[str, typer.Option("--name", help="Which creator or supplier.")] = "",
    iban: Annotated[str | None, typer.Option(help="International account number.")] = None,
    bic: Annotated[str | None, typer.Option(help="The bank's code; may be left out in SEPA.")] = None,
    account_number: Annotated[str | None, typer.Option(help="United States.")] = None,
    routing_number: Annotated[str | None, typer.Option(help="United States: nine digits.")] = None,
) -> None:
    """Say where a party is paid.

    [bold]Example[/bold]

        tallylight payouts account creator "Mina Park" --name "Mina Park" --iban DE89370400440532013000 --shop acme
    """
    if kind not in ("bank", "brand", "platform", "creator", "supplier"):
        raise InvalidInputError("the party is bank, brand, platform, creator or supplier")
    if kind in ("creator", "supplier") and not name:
        raise InvalidInputError(f"say which {kind} with --name")
    known: PartyKind = kind  # type: ignore[assignment]  # one of the five, as just checked

    async def work(connection: AsyncConnection, found: Shop) -> str:
        party = await ledger.ensure_party(connection, found.id, known, name or holder)
        new = NewBankAccount(
            holder=holder, iban=iban, bic=bic, account_number=account_number, routing_number=routing_number
        )
        made = await record_bank_account(
            connection, found.id, party.id, new, recorded_by=None, now_us=SystemClock().now_us()
        )
        return f"{party.name} is paid at {made.hint} from now on."

    typer.echo(in_shop(shop, work))


@payouts.command("make")
def make(
    shop: ShopOption,
    file: Annotated[Path, typer.Argument(help="The transfer file: .xml (ISO 20022 pain.001) or .csv.", dir_okay=False)],
    pay_on: Annotated[str | None, typer.Option("--on", help="Day to pay on; without it, tomorrow.")] = None,
) -> None:
    """Pay every closed statement that waits, and write the transfer file for the bank.

    [bold]Example[/bold]

        tallylight payouts make payout.xml --shop acme --on 2026-12-03
    """
    _check_transfer_file(file)
    day = datetime.now(UTC).date() + timedelta(days=1) if pay_on is None else _day(pay_on)

    async def work(connection: AsyncConnection, found: Shop) -> tuple[bytes, str]:
        made = await make_payouts(
            connection, found.id, currency=found.currency, pay_on=day, made_by=None, now_us=SystemClock().now_us()
        )
        batch = await payout_batch_of(connection, found.id, made.batch_id)
        waiting = f" Waiting for an account: {', '.join(made.without_account)}." if made.without_account else ""
        text = f"Payout {batch.number}: {made.payouts} transfers, {amount_words(batch.total)}.{waiting}"
        return pain001(batch) if file.suffix == ".xml" else transfer_csv(batch).encode(), text

    body, text = in_shop(shop, work)
    _write(file, body)
    typer.echo(text)


@payouts.command("list")
def list_payouts(shop: ShopOption) -> None:
    """The payouts, newest first."""
    for each in in_shop(shop, lambda connection, found: batches_of_shop(connection, found.id)):
        typer.echo(f"{each.id}  {each.pay_on}  {each.payouts} transfers, {amount_words(each.total)}")


@payouts.command("file")
def write_file(
    payout_id: Annotated[UUID, typer.Argument(help="As `tallylight payouts list` shows it.")],
    file: Annotated[Path, typer.Argument(help="The transfer file: .xml or .csv.", dir_okay=False)],
    shop: ShopOption,
) -> None:
    """Write a payout's transfer file again: it is the same each time."""
    _check_transfer_file(file)
    batch = in_shop(shop, lambda connection, found: payout_batch_of(connection, found.id, payout_id))
    _write(file, pain001(batch) if file.suffix == ".xml" else transfer_csv(batch).encode())


@commissions.command("set")
def set_plan(
    kind: Annotated[str, typer.Argument(help="open (everybody), target or partner (one creator).")],
    percent: Annotated[str, typer.Argument(help="The rate in percent, like 12.5.")],
    shop: ShopOption,
    creator: Annotated[str | None, typer.Option("--creator", help="As shows name their host.")] = None,
    product_id: Annotated[UUID | None, typer.Option("--product", help="One product; without it, all.")] = None,
    of_list_price: Annotated[bool, typer.Option(help="Of the list price, not of the goods after discounts.")] = False,
) -> None:
    """Let a commission plan hold from now on. Partner counts before target, target before open.

    [bold]Example[/bold]

        tallylight commissions set partner 15 --creator "Mina Park" --shop acme
    """
    if kind not in ("open", "target", "partner"):
        raise InvalidInputError("a plan is open, target or partner")
    known: PlanKind = kind  # type: ignore[assignment]  # one of the three, as just checked
    new = NewPlan(
        kind=known, rate_bps=_bps(percent), base="subtotal" if of_list_price else "goods", creator_name=creator,
        product_id=product_id,
    )  # fmt: skip
    made = in_shop(
        shop,
        lambda connection, found: ledger.record_plan(
            connection, found.id, new, recorded_by=None, now_us=SystemClock().now_us()
        ),
    )
    typer.echo(f"{made.id}  {made.kind} plan, {_percent(made.rate_bps)}, holds from now on.")


@commissions.command("end")
def end_plan(
    plan_id: Annotated[UUID, typer.Argument(help="As `tallylight commissions list` shows it.")], shop: ShopOption
) -> None:
    """Let a plan hold no longer."""
    in_shop(
        shop,
        lambda connection, found: ledger.end_plan(
            connection, found.id, plan_id, ended_by=None, now_us=SystemClock().now_us()
        ),
    )
    typer.echo("The plan is over.")


@commissions.command("list")
def list_plans(shop: ShopOption) -> None:
    """The plans in force."""
    for plan in in_shop(shop, lambda connection, found: ledger.plans_of_shop(connection, found.id, in_force_only=True)):
        for_whom = plan.creator_name or "every creator"
        what = f"product {plan.product_id}" if plan.product_id else "every product"
        of = "list price" if plan.base == "subtotal" else "goods after discounts"
        typer.echo(f"{plan.id}  {plan.kind}, {_percent(plan.rate_bps)} of {of}, {for_whom}, {what}")


@fees.command("set")
def set_a_fee(
    kind: Annotated[str, typer.Argument(help=", ".join(FEE_KINDS))],
    shop: ShopOption,
    percent: Annotated[str, typer.Option("--percent", help="The rate in percent, like 2.9.")] = "0",
    fixed: Annotated[str, typer.Option("--fixed", help="An amount an order, like 0.30.")] = "0",
    base: Annotated[
        str, typer.Option("--of", help="goods (after discounts), subtotal (list price) or payment.")
    ] = "goods",
    kept_on_refund: Annotated[bool, typer.Option(help="A refund does not give it back.")] = False,
    hold_days: Annotated[int | None, typer.Option("--days", help="For how long a reserve is held.")] = None,
) -> None:
    """Charge a fee, or hold a reserve, from now on.

    [bold]Example[/bold]

        tallylight fees set transaction_fee --percent 2.9 --fixed 0.30 --of payment --kept-on-refund --shop acme
    """
    if kind not in FEE_KINDS:
        raise InvalidInputError(f"a fee is one of {', '.join(FEE_KINDS)}")
    if base not in ("goods", "subtotal", "payment"):
        raise InvalidInputError("a fee is of goods, subtotal or payment")
    known: FeeKind = kind
    of: Base = base  # type: ignore[assignment]

    async def work(connection: AsyncConnection, found: Shop) -> str:
        new = NewFee(
            kind=known, rate_bps=_bps(percent), fixed_minor=_minor(fixed, found.currency), base=of,
            kept_on_refund=kept_on_refund, hold_days=hold_days,
        )  # fmt: skip
        made = await ledger.set_fee(
            connection, found.id, new, currency=found.currency, recorded_by=None, now_us=SystemClock().now_us()
        )
        return f"{made.kind}: {_percent(made.rate_bps)} of {made.base}, from now on."

    typer.echo(in_shop(shop, work))


@fees.command("end")
def end_a_fee(kind: Annotated[str, typer.Argument(help=", ".join(FEE_KINDS))], shop: ShopOption) -> None:
    """Charge a fee no longer."""
    if kind not in FEE_KINDS:
        raise InvalidInputError(f"a fee is one of {', '.join(FEE_KINDS)}")
    known: FeeKind = kind
    in_shop(
        shop,
        lambda connection, found: ledger.end_fee(
            connection, found.id, known, ended_by=None, now_us=SystemClock().now_us()
        ),
    )
    typer.echo("The fee is over.")


@fees.command("list")
def list_fees(shop: ShopOption) -> None:
    """The fees in force."""
    for fee in in_shop(shop, lambda connection, found: ledger.fees_of_shop(connection, found.id)):
        if fee.until_us is None:
            fixed = f" and {amount_words(Money(fee.fixed_minor, fee.currency))}" if fee.fixed_minor else ""
            days = f", held {fee.hold_days} days" if fee.hold_days else ""
            typer.echo(f"{fee.kind}: {_percent(fee.rate_bps)} of {fee.base}{fixed}{days}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no day; write it like 2026-12-01") from None


def _midnight_us(day: date) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _bps(percent: str) -> int:
    try:
        # A percentage with two decimals is an amount of money to the computer: 12.5 is 1250.
        return Money.parse(percent, "USD").minor
    except ValueError:
        raise InvalidInputError(f"{percent!r} is no percentage; write it like 12.5") from None


def _minor(text: str, currency: str) -> int:
    try:
        return Money.parse(text, currency).minor
    except ValueError as error:
        raise InvalidInputError(str(error)) from error


def _percent(rate_bps: int) -> str:
    return f"{Money(rate_bps, 'USD').decimal().rstrip('0').rstrip('.') or '0'} %"


def _check_transfer_file(file: Path) -> None:
    if file.suffix not in (".xml", ".csv"):
        raise InvalidInputError("the file's name must end in .xml or .csv")


def _write(file: Path, body: bytes) -> None:
    try:
        file.write_bytes(body)
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be written: {error.strerror}") from error
    typer.echo(f"Wrote {file}.")
