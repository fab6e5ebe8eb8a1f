"""What keeps an installation from starting, each as one line that says what to do."""

from tallylight.foundation.errors import TallyError


class StartError(TallyError):
    """Something outside of us is in the way: a port, the disk, a missing user, a server that does not answer."""

    code = "cannot_start"
    status = 503


class AlreadyRunningError(StartError):
    """Another supervisor holds this directory."""

    code = "already_running"
