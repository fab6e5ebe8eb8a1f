"""``python -m tallylight.app.processes ROLE``: one role's process, started by the supervisor.

A role ``some-name`` is the function ``run(settings)`` of ``tallylight.app.processes.some_name``. Settings come by
environment; ``DATABASE_URL`` is always set.
"""

import importlib
import os
import signal
import sys

import structlog

from tallylight.app.processes.child import SUPERVISOR_VARIABLE
from tallylight.app.processes.parent_death import die_with_parent
from tallylight.app.processes.spare import wait_if_spare
from tallylight.foundation.errors import TallyError
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import read_settings

ROLES = ("web", "media", "speech", "jobs", "demo-host", "demo-viewers")


def main(arguments: list[str]) -> int:
    """Run the role until it is told to stop; the process's exit code."""
    if len(arguments) != 1 or arguments[0] not in ROLES:
        print(f"usage: python -m tallylight.app.processes {{{','.join(ROLES)}}}", file=sys.stderr)  # noqa: T201
        return 2
    [role] = arguments
    if supervisor := os.environ.get(SUPERVISOR_VARIABLE):
        die_with_parent(int(supervisor), signal.SIGKILL)
    log = structlog.get_logger()
    try:
        settings = read_settings()
        configure_logs(settings.log_level, process=role)
        module = importlib.import_module(f"tallylight.app.processes.{role.replace('-', '_')}")
        if wait_if_spare():
            module.run(settings)
    except TallyError as error:
        log.critical("the process cannot run", reason=error.message)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception:
        log.critical("the process failed", exc_info=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
