"""``tallylight serve`` and ``tallylight demo``."""

import asyncio
import os

import msgspec
import typer

from tallylight.app.command_line.addresses import print_addresses, rtmp_url, web_url
from tallylight.app.command_line.stopping import run_until_told_to_stop
from tallylight.app.demo import cast
from tallylight.app.demo.offers import CREATOR_CODE
from tallylight.app.demo.seed import DemoShow, seed
from tallylight.app.processes.errors import StartError
from tallylight.app.processes.installation import prepared_installation, running_roles
from tallylight.app.processes.roles import demo_roles, product_roles
from tallylight.foundation.database import Database
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import Settings, read_settings
from tallylight.members.queries import shop_slugs


def serve() -> None:
    """Run the shop: web pages, video, speech, jobs and, unless DATABASE_URL is set, the database.

    Stops in order on Ctrl-C or SIGTERM. Each part is a process of its own and is started again if it ends.

    [bold]Examples[/bold]

        tallylight serve

        TALLYLIGHT_HOST=0.0.0.0 TALLYLIGHT_PUBLIC_URL=https://live.example.com tallylight serve

        DATABASE_URL=postgresql://tally:secret@db.example.com/tally tallylight serve
    """
    settings = read_settings()
    configure_logs(settings.log_level, process="supervisor")
    run_until_told_to_stop(_serve(settings))


async def _serve(settings: Settings) -> None:
    typer.echo("Starting Tallylight ...", err=True)
    async with prepared_installation(settings) as prepared, running_roles(prepared, product_roles(prepared)):
        print_addresses(
            "Tallylight is up",
            [
                ("Shows", f"{web_url(settings)}/"),
                ("Control room", f"{web_url(settings)}/control"),
                ("Camera (RTMP)", rtmp_url(settings)),
            ],
            ["Sign in: tallylight person link E-MAIL. A show's stream key: tallylight stream-key SHOW. Ctrl-C stops."],
        )
        await asyncio.Event().wait()


def demo() -> None:
    """Run a shop of our own invention: a host on air, cues, viewers who chat and buy. [dim]Ctrl-C stops.[/dim]

    The host says true prices and approved claims, and some things that no lawyer would pass; watch the control room
    stop them. The data stays in the data folder, so that the other commands work on it: try
    [bold]tallylight evidence verify[/bold].

    [bold]Examples[/bold]

        tallylight demo

        TALLYLIGHT_DATA_DIR=/tmp/demo TALLYLIGHT_WEB_PORT=9000 tallylight demo
    """
    settings = read_settings()
    if not os.environ.get("TALLYLIGHT_LOG_LEVEL"):
        settings = msgspec.structs.replace(settings, log_level="warning")
    configure_logs(settings.log_level, process="supervisor")
    run_until_told_to_stop(_demo(settings))


async def _demo(settings: Settings) -> None:
    typer.echo("Starting the demo ...", err=True)
    async with prepared_installation(settings) as prepared:
        planted = await _plant(prepared)
        async with running_roles(prepared, product_roles(prepared)), running_roles(prepared, demo_roles()):
            print_addresses(
                "On air in a moment: the Tallylight demo",
                [
                    ("Watch", f"{web_url(settings)}/watch/{planted.show_slug}"),
                    ("With Joe's code", f"{web_url(settings)}/watch/{planted.show_slug}?code={CREATOR_CODE}"),
                    ("Control room", f"{web_url(settings)}/signin/{planted.staff[0].sign_in_token}"),
                    ("Camera (RTMP)", rtmp_url(settings)),
                ],
                [
                    f"The control room's link signs you in once, as {planted.staff[0].name}, who may do everything.",
                    f"To go on air yourself: tallylight stream-key {planted.show_slug} (this ends the host's key).",
                    f"Everything is kept in {settings.data_dir}. Ctrl-C stops.",
                ],
            )
            await asyncio.Event().wait()


async def _plant(prepared: Settings) -> DemoShow:
    """Seed the demo, unless the database holds anybody's real shop."""
    assert prepared.database_url is not None
    database = Database(prepared.database_url, pool_size=2, application_name="tallylight demo")
    try:
        async with database.transaction() as connection:
            if others := [slug for slug in await shop_slugs(connection) if slug != cast.SHOP_SLUG]:
                raise StartError(
                    f"there are shops here that are not the demo's ({', '.join(others[:3])}): give the demo a folder "
                    "of its own, such as TALLYLIGHT_DATA_DIR=/tmp/tallylight-demo, and no DATABASE_URL"
                )
        return await seed(database, prepared)
    finally:
        await database.close()
