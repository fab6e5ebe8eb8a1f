"""``tallylight serve`` and ``tallylight demo``."""

import asyncio

import typer

from tallylight.app.command_line.addresses import print_addresses, rtmp_url, web_url
from tallylight.app.command_line.stopping import run_until_told_to_stop
from tallylight.app.processes.installation import prepared_installation, running_roles
from tallylight.app.processes.roles import product_roles
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import Settings, read_settings


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
