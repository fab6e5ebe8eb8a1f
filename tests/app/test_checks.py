"""What a person can get wrong is said in one line that names what to change, before anything is started."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from tallylight.app.processes import disk
from tallylight.app.processes.check_ports import check_ports
from tallylight.app.processes.check_server import check_server
from tallylight.app.processes.errors import StartError
from tallylight.app.processes.open_rtmp import certificate_of
from tallylight.app.processes.postgres_log import PostgresLog
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings, read_settings, settings_environment
from tests.support.postgres import PostgresCluster, free_port


def refusal(url: str) -> str:
    with pytest.raises(StartError) as caught:
        asyncio.run(check_server(url))
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_good_server_tells_its_version(postgres: PostgresCluster) -> None:
    assert int(asyncio.run(check_server(postgres.url())).split(".")[0]) >= 15


def test_an_unreachable_server_is_named_without_its_password() -> None:
    message = refusal(f"postgresql://me:secret-word@127.0.0.1:{free_port()}/shop")
    assert message.startswith("DATABASE_URL: no PostgreSQL server at 127.0.0.1:")
    assert "secret-word" not in message


@pytest.mark.parametrize("url", ["mysql://me:secret-word@localhost/shop", "nonsense", "postgresql://h:port/n"])
def test_a_malformed_url_is_explained(url: str) -> None:
    message = refusal(url)
    assert "postgresql://user:password@host:port/name" in message
    assert "secret-word" not in message


def test_a_missing_database_is_named(postgres: PostgresCluster) -> None:
    assert "no database of that name" in refusal(postgres.url("nowhere"))


def test_a_user_who_may_not_create_tables_is_told(postgres: PostgresCluster) -> None:
    async def make_role() -> None:
        connection = await asyncpg.connect(postgres.url())
        await connection.execute("drop role if exists guest")
        await connection.execute("create role guest login")
        await connection.close()

    asyncio.run(make_role())
    assert "may not create tables" in refusal(postgres.url().replace("postgres@", "guest@"))


def test_an_unknown_user_is_refused_clearly(postgres: PostgresCluster) -> None:
    assert "refuses the user name or password" in refusal(postgres.url().replace("postgres@", "nobody-here@"))


def test_something_that_is_no_database_does_not_pass_for_one() -> None:
    async def story() -> str:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StartError) as caught:
            await check_server(f"postgresql://me@127.0.0.1:{port}/shop")
        server.close()
        return caught.value.message

    assert asyncio.run(story()).startswith("DATABASE_URL: no PostgreSQL server at 127.0.0.1:")


class TestPorts:
    def settings(self, **ports: int) -> Settings:
        chosen = {"web_port": free_port(), "media_port": free_port(), "rtmp_port": free_port()} | ports
        return Settings(data_dir=Path("/nowhere"), **chosen)  # type: ignore[arg-type]

    def test_free_ports_pass(self) -> None:
        check_ports(self.settings())

    @pytest.mark.parametrize("name", ["web_port", "media_port", "rtmp_port"])
    def test_a_port_in_use_is_named_with_its_setting(self, name: str, taken_port: int) -> None:
        with pytest.raises(StartError, match=rf"port {taken_port} on 127.0.0.1.* in use.*TALLYLIGHT_{name.upper()}"):
            check_ports(self.settings(**{name: taken_port}))

    def test_one_port_for_two_purposes_is_refused(self) -> None:
        settings = self.settings(web_port=9999, rtmp_port=9999, media_port=9998)
        with pytest.raises(StartError, match=r"TALLYLIGHT_RTMP_PORT and TALLYLIGHT_WEB_PORT are both 9999"):
            check_ports(settings)

    def test_the_port_for_rtmps_is_asked_for_only_when_there_is_one(self, taken_port: int) -> None:
        check_ports(self.settings(rtmps_port=0))
        with pytest.raises(StartError, match=rf"port {taken_port} .*RTMPS.*TALLYLIGHT_RTMPS_PORT"):
            check_ports(self.settings(rtmps_port=taken_port))

    def test_the_settings_of_rtmps_reach_another_process(self) -> None:
        for chosen in (
            Settings(data_dir=Path("/a"), rtmps_port=443, tls_certificate=Path("/c"), tls_key=Path("/k")),
            Settings(data_dir=Path("/a"), rtmp_proxy_protocol=True, rtmp_public_url="rtmps://live.example.com/live"),
        ):
            assert read_settings(settings_environment(chosen)) == chosen

    def test_rtmps_without_a_certificate_stops_the_start_with_a_line(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInputError, match="needs TALLYLIGHT_TLS_CERTIFICATE"):
            certificate_of(self.settings(rtmps_port=free_port()))

    def test_a_number_that_is_no_port_is_refused(self) -> None:
        with pytest.raises(StartError, match="TALLYLIGHT_WEB_PORT is 70000"):
            check_ports(self.settings(web_port=70_000))


class TestDisk:
    def test_a_full_disk_is_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(disk, "FREE_BYTES_MIN", 1 << 60)
        with pytest.raises(StartError, match=r"MiB are free on the disk of .*TALLYLIGHT_DATA_DIR"):
            disk.check_free_space(tmp_path)

    def test_a_path_through_a_file_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StartError, match=r"cannot write to .*TALLYLIGHT_DATA_DIR"):
            disk.make_folder(tmp_path / "file" / "folder", open_to_others=False)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_read_only_folder_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(StartError, match=r"cannot write to .*TALLYLIGHT_DATA_DIR"):
            disk.make_folder(tmp_path / "closed" / "data", open_to_others=False)

    def test_an_existing_folder_keeps_its_mode(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o750)
        disk.make_folder(tmp_path, open_to_others=False)
        assert tmp_path.stat().st_mode & 0o777 == 0o750


class TestPostgresLog:
    @pytest.fixture
    def reason(self, tmp_path: Path) -> Callable[[str], str]:
        def read(text: str) -> str:
            server_log = PostgresLog(tmp_path / "postgres.log")
            server_log.path.write_text("an older start\n")
            mark = server_log.open_for_start()
            with server_log.path.open("a") as file:
                file.write(text)
            return server_log.reason_since(mark)

        return read

    def test_the_fatal_words_are_the_reason(self, reason: Callable[[str], str]) -> None:
        assert reason("LOG:  starting\nFATAL:  out of luck\nLOG:  shutting down\n") == "out of luck"
        assert not PostgresLog.will_pass(reason("FATAL:  no pg_hba.conf entry\n"))

    def test_a_pid_file_in_the_way_passes(self, reason: Callable[[str], str]) -> None:
        assert PostgresLog.will_pass(reason('FATAL:  lock file "postmaster.pid" already exists\n'))

    def test_silence_is_said(self, reason: Callable[[str], str]) -> None:
        assert reason("") == "it ended without a word"
