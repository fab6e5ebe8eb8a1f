"""The jobs process: what has to happen by itself at its time, from a queue in PostgreSQL."""

import asyncio
import signal
from contextlib import suppress

import procrastinate
import structlog
from procrastinate import PsycopgConnector

from tallylight.app.carrier_services import carrier_services
from tallylight.app.flows.ask_carrier_rates import CarrierAsker
from tallylight.app.flows.ask_tax_rates import TaxAsker
from tallylight.app.processes.chores import Chores
from tallylight.app.processes.evidence_jobs import EvidenceChores, add_evidence_jobs
from tallylight.app.processes.mail_jobs import MailChores, add_mail_jobs
from tallylight.app.processes.periodic import Job, add_periodic
from tallylight.app.tax_services import tax_services
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import Settings

GRACE_S = 5
CONCURRENCY = 4

_log = structlog.get_logger()


def create_jobs(database_url: str, chores: Chores) -> procrastinate.App:
    """The queue with its periodic jobs."""
    app = procrastinate.App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=4))
    for job in (
        Job("end_deals", "* * * * * */2", chores.end_deals, "deals ended at their time", "deals"),
        Job("open_deals", "* * * * * */2", chores.open_deals, "scheduled deals opened", "deals"),
        Job("ask_funders", "* * * * * */5", chores.ask_funders, "funders asked at their caps", "deals"),
        Job("follow_contracts", "* * * * * */5", chores.follow_contracts, "contracts changed on air", "shows"),
        Job("charge_orders", "* * * * * */5", chores.charge_orders, "orders charged", "orders"),
        Job("release_reserves", "*/15 * * * *", chores.release_reserves, "reserves released", "reserves"),
        Job("note_buyers", "* * * * * */5", chores.note_buyers, "buyers of new orders noted", "orders"),
        Job("close_counts", "* * * * * */15", chores.close_counts, "viewers of broadcasts counted", "broadcasts"),
        Job("redact_orders", "* * * * *", chores.redact_orders, "orders of deleted accounts were redacted", "orders"),
        Job("tidy", "*/10 * * * *", chores.tidy, "tidied", "rows"),
    ):
        add_periodic(app, job)
    return app


async def forget_stalled(app: procrastinate.App) -> int:
    """Delete what a killed worker left half done: the next turn of each periodic job does it anyway."""
    stalled = list(await app.job_manager.get_stalled_jobs())
    for job in stalled:
        await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=True)
    return len(stalled)


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a job that is running gets GRACE_S to end."""
    configure_logs(settings.log_level, process="jobs")
    if settings.database_url is None:
        raise InvalidInputError("DATABASE_URL is not set; start the server with `tallylight serve`")
    asyncio.run(_work(settings, settings.database_url))


async def _work(settings: Settings, database_url: str) -> None:
    database = Database(database_url, pool_size=CONCURRENCY, application_name="tallylight jobs")
    app = create_jobs(database_url, Chores(database, SystemClock()))
    add_evidence_jobs(app, EvidenceChores(database, SystemClock(), settings.recordings_dir))
    asker = TaxAsker(database, SystemClock(), tax_services(settings))
    add_periodic(app, Job("ask_tax_rates", "* * * * *", asker.refresh, "tax services were asked again", "places"))
    carriers = CarrierAsker(database, SystemClock(), carrier_services(settings))
    add_periodic(app, Job("ask_carriers", "* * * * *", carriers.refresh, "carriers were asked again", "places"))
    if settings.smtp_url is not None:
        add_mail_jobs(app, MailChores(database, SystemClock(), settings))
    async with app.open_async():
        await forget_stalled(app)
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                delete_jobs="always",
                shutdown_graceful_timeout=GRACE_S,
            )
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.cancel)
        _log.info("the jobs process works")
        with suppress(asyncio.CancelledError):
            await worker
    await database.close()
