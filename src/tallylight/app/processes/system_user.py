"""The account that the embedded PostgreSQL runs under when we are root, which PostgreSQL refuses to be."""

import os
import pwd
import shutil
import subprocess

import msgspec

from tallylight.app.processes.errors import StartError

USER_NAME = "tallylight"


class SystemUser(msgspec.Struct, frozen=True):
    """Numeric ids, as ``subprocess`` takes them."""

    uid: int
    gid: int


def database_user() -> SystemUser | None:
    """The system user ``tallylight``, made on first use when we are root; None when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER_NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(USER_NAME)
    return SystemUser(entry.pw_uid, entry.pw_gid)


def _create() -> None:
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    advice = f"create the system user {USER_NAME!r} yourself, or start Tallylight as an ordinary user"
    if program is None:
        raise StartError(f"PostgreSQL does not run as root and there is no useradd here: {advice}")
    finished = subprocess.run(  # noqa: S603 - fixed arguments
        [program, "--system", "--user-group", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER_NAME],
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        reason = " ".join(finished.stderr.split())
        raise StartError(f"PostgreSQL does not run as root and useradd failed ({reason}): {advice}")
