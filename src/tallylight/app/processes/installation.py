"""A whole installation in one command: checks, database, schema, every role, and the way back down."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tallylight.app.processes.check_ports import check_ports
from tallylight.app.processes.child import SUPERVISOR_VARIABLE, Role
from tallylight.app.processes.directory_lock import DirectoryLock
from tallylight.app.processes.disk import check_free_space, make_folder
from tallylight.app.processes.open_database import open_database
from tallylight.app.processes.open_rtmp import certificate_of
from tallylight.app.processes.supervisor import Supervisor
from tallylight.foundation.settings import Settings, settings_environment


@asynccontextmanager
async def prepared_installation(settings: Settings) -> AsyncIterator[Settings]:
    """Everything that the roles need: folders, free ports, a migrated database. Yields the settings to run with.

    Raises StartError before anything is started when something is in the way.
    """
    make_folder(settings.data_dir, open_to_others=os.geteuid() == 0)
    lock = DirectoryLock(settings.data_dir / "supervisor.lock")
    lock.acquire()
    try:
        check_ports(settings)
        certificate_of(settings)  # raises when RTMPS has none
        check_free_space(settings.data_dir)
        make_folder(settings.run_dir, open_to_others=False)
        make_folder(settings.recordings_dir, open_to_others=False)
        settings.speech_socket.unlink(missing_ok=True)
        async with open_database(settings, shared=False) as running:
            yield running
    finally:
        lock.release()


@asynccontextmanager
async def running_roles(settings: Settings, roles: Sequence[Role]) -> AsyncIterator[Supervisor]:
    """The roles, ready, with ``settings`` in their environment."""
    async with Supervisor(roles, role_environment(settings)) as supervisor:
        yield supervisor


def role_environment(settings: Settings) -> dict[str, str]:
    """Our environment with exactly ``settings`` in it, whatever was there before."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", SUPERVISOR_VARIABLE) and not name.startswith("TALLYLIGHT_")
    }
    own = settings_environment(settings)
    return {**kept, **own, "DATABASE_URL": own["TALLYLIGHT_DATABASE_URL"]}
