"""The embedded database comes back from everything that can be done to it, and never runs twice."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tallylight.app.processes.embedded_postgres import EmbeddedPostgres, application_url
from tallylight.app.processes.errors import AlreadyRunningError, StartError
from tallylight.app.processes.postgres_binaries import reachable_binaries
from tallylight.app.processes.postgres_leftovers import postgres_processes
from tallylight.app.processes.system_user import SystemUser, database_user
from tests.support.waiting import until, wait_until

SUPERVISE = """
import asyncio, sys
from pathlib import Path
from tallylight.app.processes.embedded_postgres import EmbeddedPostgres

async def main():
    database = EmbeddedPostgres(Path(sys.argv[1]))
    print(await database.start(), flush=True)
    await database.watch()

asyncio.run(main())
"""


async def statement(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def supervise_elsewhere(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_it_keeps_what_was_written_across_a_restart_on_the_same_port(data_dir: Path) -> None:
    async def story() -> None:
        database = EmbeddedPostgres(data_dir / "postgres")
        url = await database.start()
        await statement(url, "create table kept as select 42 as answer")
        await database.stop()
        assert postgres_processes(database.data) == []
        again = EmbeddedPostgres(data_dir / "postgres")
        assert await again.start() == url == application_url(data_dir / "postgres")
        assert await statement(url, "select answer from kept") == 42
        await again.stop()

    asyncio.run(story())


def test_the_application_is_no_superuser_and_needs_its_password(data_dir: Path) -> None:
    async def story() -> None:
        database = EmbeddedPostgres(data_dir / "postgres")
        url = await database.start()
        try:
            assert await statement(url, "select rolsuper from pg_roles where rolname = current_user") is False
            password = url.split(":")[2].split("@")[0]
            with pytest.raises(asyncpg.InvalidPasswordError):
                await statement(url.replace(password, "wrong"), "select 1")
            for name in ("password", "superuser-password"):
                assert (database.folder / name).stat().st_mode & 0o777 == 0o600
            assert await statement(url, "show listen_addresses") == "127.0.0.1"
        finally:
            await database.stop()

    asyncio.run(story())


def test_a_killed_postmaster_comes_back_on_the_same_url_with_its_data(data_dir: Path) -> None:
    async def story() -> None:
        database = EmbeddedPostgres(data_dir / "postgres")
        url = await database.start()
        watching = asyncio.create_task(database.watch())
        await statement(url, "create table kept as select 42 as answer")
        killed = database.process_id
        assert killed
        os.kill(killed, signal.SIGKILL)
        await until(lambda: database.process_id not in (None, killed), what="a new postmaster")

        async def answers() -> bool:
            try:
                return await statement(url, "select answer from kept") == 42
            except (OSError, asyncpg.PostgresError):
                return False

        await until(answers, what="the data behind the same URL")
        watching.cancel()
        await database.stop()

    asyncio.run(story())


def test_a_killed_supervisor_leaves_nothing_running_and_the_next_start_works(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    supervisor, url = supervise_elsewhere(folder)
    asyncio.run(statement(url, "create table kept as select 42 as answer"))
    supervisor.kill()
    supervisor.communicate()
    wait_until(lambda: not postgres_processes(folder / "data"), what="the orphaned postmaster shuts itself down")

    async def story() -> None:
        database = EmbeddedPostgres(folder)
        assert await database.start() == url
        assert await statement(url, "select answer from kept") == 42
        await database.stop()

    asyncio.run(story())


def test_supervisor_and_postmaster_killed_together_recover(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    supervisor, url = supervise_elsewhere(folder)
    asyncio.run(statement(url, "create table kept as select 42 as answer"))
    postmaster = int((folder / "data/postmaster.pid").read_text().splitlines()[0])
    supervisor.send_signal(signal.SIGSTOP)
    os.kill(postmaster, signal.SIGKILL)
    # Stopped, the supervisor cannot reap: the killed postmaster stays as a zombie, which answers kill(pid, 0).
    supervisor.kill()

    async def story() -> None:
        database = EmbeddedPostgres(folder)
        assert await database.start() == url
        assert await statement(url, "select answer from kept") == 42
        await database.stop()

    supervisor.wait()
    asyncio.run(story())


def orphaned_server(folder: Path, port: str) -> "subprocess.Popen[bytes]":
    """A server of this folder that no supervisor watches, as after kill -9 without parent-death signals."""
    user = database_user()
    program = reachable_binaries(folder / "binaries", user) / "postgres"
    command = [str(program), "-D", str(folder / "data"), "-p", port, "-c", "unix_socket_directories="]
    return subprocess.Popen(command, user=user.uid if user else None, stderr=subprocess.DEVNULL)


def test_a_server_that_runs_on_without_a_supervisor_is_stopped_first(data_dir: Path) -> None:
    folder = data_dir / "postgres"

    async def story() -> None:
        database = EmbeddedPostgres(folder)
        url = await database.start()
        await database.stop()
        orphan = orphaned_server(folder, (folder / "port").read_text().strip())
        await until(lambda: (folder / "data/postmaster.pid").exists(), what="the orphan's pid file")
        assert orphan.pid in postgres_processes(folder / "data")
        assert await database.start() == url
        assert orphan.wait(timeout=5) == 0
        await database.stop()

    asyncio.run(story())


def test_a_stale_pid_file_that_names_a_stranger_does_not_block_the_start(data_dir: Path) -> None:
    async def story() -> None:
        database = EmbeddedPostgres(data_dir / "postgres")
        await database.start()
        await database.stop()
        # Our own process: alive, of the same account when not root, and no PostgreSQL.
        (database.data / "postmaster.pid").write_text(f"{os.getpid()}\n{database.data}\n0\n0\n\n\n0 0\n")
        await database.start()
        await database.stop()

    asyncio.run(story())


def test_two_supervisors_on_one_folder_are_refused_with_the_others_process_id(data_dir: Path) -> None:
    async def story() -> None:
        database = EmbeddedPostgres(data_dir / "postgres")
        await database.start()
        with pytest.raises(AlreadyRunningError, match=rf"process {os.getpid()}\b.*TALLYLIGHT_DATA_DIR"):
            await EmbeddedPostgres(data_dir / "postgres").start()
        assert database.process_id
        await database.stop()

    asyncio.run(story())


def test_a_start_that_was_killed_half_way_through_making_the_cluster_is_begun_again(data_dir: Path) -> None:
    async def story() -> None:
        folder = data_dir / "postgres"
        (folder / "data.unfinished").mkdir(parents=True)
        (folder / "data.unfinished/PG_VERSION").write_text("18\n")
        (folder / "superuser-password").write_text("")
        database = EmbeddedPostgres(folder)
        assert await statement(await database.start(), "select 1") == 1
        await database.stop()

    asyncio.run(story())


def test_a_cluster_of_another_major_version_is_named_and_left_alone(data_dir: Path) -> None:
    async def story() -> None:
        folder = data_dir / "postgres"
        (folder / "data").mkdir(parents=True)
        (folder / "data/PG_VERSION").write_text("13\n")
        with pytest.raises(StartError, match="made by PostgreSQL 13 and this Tallylight carries 18"):
            await EmbeddedPostgres(folder).start()

    asyncio.run(story())


def test_a_port_in_use_is_named_with_its_setting(data_dir: Path) -> None:
    async def story() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} is in use.*TALLYLIGHT_POSTGRES_PORT"):
            await EmbeddedPostgres(data_dir / "postgres", port=port).start()
        server.close()

    asyncio.run(story())


@pytest.mark.skipif(os.geteuid() != 0, reason="about being root")
class TestAsRoot:
    def test_the_server_runs_as_the_system_user(self, data_dir: Path) -> None:
        async def story() -> None:
            database = EmbeddedPostgres(data_dir / "postgres")
            await database.start()
            assert Path(f"/proc/{database.process_id}").stat().st_uid == pwd.getpwnam("tallylight").pw_uid
            await database.stop()

        asyncio.run(story())

    def test_binaries_out_of_the_users_reach_are_copied_once(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = database_user()
        assert isinstance(user, SystemUser)
        hidden = data_dir / "hidden"
        hidden.mkdir(mode=0o700)
        packaged = reachable_binaries(data_dir / "unused", None)
        site_packages = packaged.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            subprocess.run(["cp", "-r", site_packages / name, hidden], check=True)
        monkeypatch.setattr(
            "tallylight.app.processes.postgres_binaries.packaged_binaries",
            lambda: hidden / "embedded_postgres/pginstall/bin",
        )
        copied = reachable_binaries(data_dir / "binaries", user)
        assert copied.is_relative_to(data_dir / "binaries")
        assert reachable_binaries(data_dir / "binaries", user) == copied
        finished = subprocess.run([copied / "postgres", "--version"], user=user.uid, capture_output=True, text=True)
        assert finished.stdout.startswith("postgres (PostgreSQL) 18")

    def test_a_folder_that_the_user_cannot_enter_is_one_clear_line(self, data_dir: Path) -> None:
        async def story() -> None:
            closed = data_dir / "closed"
            closed.mkdir(mode=0o700)
            with pytest.raises(StartError, match=r"cannot enter .*TALLYLIGHT_DATA_DIR"):
                await EmbeddedPostgres(closed / "postgres").start()

        asyncio.run(story())
