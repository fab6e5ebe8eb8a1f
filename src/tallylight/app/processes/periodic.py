"""What a job on the queue's calendar is."""

from collections.abc import Awaitable, Callable

import msgspec
import procrastinate
import structlog

_log = structlog.get_logger(__name__)


class Job(msgspec.Struct, frozen=True):
    """``work`` at the times of ``cron`` (UTC; a sixth field counts seconds), which returns how much it did.

    When it did something, ``said`` is logged with that in the field ``counted``.
    """

    name: str
    cron: str
    work: Callable[[], Awaitable[int]]
    said: str
    counted: str


def add_periodic(app: procrastinate.App, job: Job) -> None:
    """Put ``job`` on the calendar of ``app``.

    A queueing lock keeps a slow job from piling up. There is no running lock: one held by a worker that was killed
    would stop the job for good, and two at once do no harm.
    """

    @app.periodic(cron=job.cron)
    @app.task(name=job.name, queueing_lock=job.name)
    async def turn(timestamp: int) -> None:
        done = await job.work()
        if done:
            _log.info(job.said, **{job.counted: done})
