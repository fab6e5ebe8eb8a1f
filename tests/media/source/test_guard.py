"""A source's address is no way into the server's own network, by no detour."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from tallylight.media.source.fetch import GuardedHttp, SourceFetchError
from tallylight.media.source.guard import SourceForbiddenError, check_peers, may_reach, resolve
from tallylight.media.source.puller import PullJob, pull

HOME = [ip_network("127.0.0.1/32")]


@contextmanager
def answering(answers: dict[str, tuple[int, dict[str, str], bytes]]) -> Iterator[tuple[str, list[str]]]:
    """An HTTP server on 127.0.0.1; its base URL, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::",
        "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "224.0.0.1", "ff02::1",
        "240.0.0.1", "nonsense",
    ],
)  # fmt: skip
def test_private_addresses_are_reached_only_where_the_operator_allows(address: str) -> None:
    assert not may_reach(address, [])
    assert not may_reach(address, [ip_network("203.0.113.0/24")])


def test_public_and_allowed_addresses_are_reached() -> None:
    assert may_reach("93.184.215.14", [])
    assert may_reach("2606:2800:21f::1", [])
    assert may_reach("10.1.2.3", [ip_network("10.0.0.0/8")])
    assert may_reach("::ffff:10.1.2.3", [ip_network("10.0.0.0/8")])
    with pytest.raises(SourceForbiddenError):
        resolve("localhost", 80, [])
    assert "127.0.0.1" in resolve("127.0.0.1", 80, HOME)


def test_redirects_are_looked_at_and_have_an_end() -> None:
    answers = {
        "/there": (302, {"location": "/live.m3u8"}, b""),
        "/live.m3u8": (200, {}, b"#EXTM3U\n"),
        "/inside": (302, {"location": "http://169.254.169.254/latest/meta-data"}, b""),
        "/files": (302, {"location": "file:///etc/passwd"}, b""),
        "/round": (302, {"location": "/round"}, b""),
    }
    with answering(answers) as (base, asked):
        http = GuardedHttp(HOME)
        body = http.open(f"{base}/there", 0, {})
        assert (body.read(), body.name) == (b"#EXTM3U\n", f"{base}/live.m3u8")
        body.close()
        for path, error in (("/inside", SourceForbiddenError), ("/files", SourceForbiddenError),
                            ("/round", SourceFetchError), ("/none", SourceFetchError)):  # fmt: skip
            with pytest.raises(error):
                http.open(base + path, 0, {})
            assert isinstance(http.refusal, error)
        assert asked.count("/round") == 6


@pytest.mark.parametrize("inner", ["http://192.0.2.1/s.ts", "file:///etc/passwd", "/etc/passwd", "tcp://127.0.0.1:22"])
def test_a_playlist_does_not_lead_the_server_elsewhere(inner: str) -> None:
    """192.0.2.1 is nobody's (RFC 5737): a try to reach it would take seconds and say that nothing answers."""
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{inner}\n#EXT-X-ENDLIST\n".encode()
    with answering({"/live.m3u8": (200, {}, playlist)}) as (base, asked):
        end = pull(PullJob(f"{base}/live.m3u8", ["127.0.0.1/32"], None))
        assert end.how in ("refused", "failed")
        assert set(asked) <= {"/live.m3u8", "/etc/passwd"}, "a path without a scheme is one of the same server"
        if inner.startswith("http"):
            assert (end.how, "private network" in (end.problem or "")) == ("refused", True)


def test_a_connection_that_a_library_made_is_looked_at_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        check_peers(HOME)
        with pytest.raises(SourceForbiddenError):
            check_peers([])
