"""Which addresses a show may be pulled from, and what of them is shown."""

from pathlib import Path

import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.source.address import find_file, read_address
from tallylight.media.source.ports import read_ports


@pytest.mark.parametrize(
    ("given", "kind", "shown", "port"),
    [
        ("rtmp://media.example.com/live/secret", "rtmp", "rtmp://media.example.com", 1935),
        ("rtsps://user:secret@media.example.com:8322/cam", "rtsp", "rtsps://media.example.com:8322", 8322),
        ("https://media.example.com/secret/live.m3u8?token=secret", "hls", "https://media.example.com", 443),
        ("http://[2001:db8::1]:8080/live.m3u8", "hls", "http://[2001:db8::1]:8080", 8080),
        ("file:evening show.mp4", "file", "file:evening show.mp4", 0),
    ],
)
def test_an_address_is_shown_without_what_is_secret(given: str, kind: str, shown: str, port: int) -> None:
    address = read_address(f" {given} ")
    assert (address.kind, address.shown, address.port, address.url) == (kind, shown, port, given)
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "given",
    [
        "", "media.example.com/live", "ftp://a/b", "srt://a:1", "concat:a|b", "data:,x", "rtmp://", "http:///x",
        "http://a:0/x", "http://a:99999/x", "http://a b/x", "http://" + "a" * 2_100, "http://ex*mple/x",
        "file:/etc/passwd", "file:../x.mp4", "file: ", "http://a/x\ny", "file:.hidden", "file:a/b.mp4", "file://host/x",
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_address(given)
    assert len(given) < 8 or given not in str(refusal.value)


def test_a_file_lies_in_the_operators_folder_and_is_no_way_out_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "show.mp4").write_bytes(b"x")
    (tmp_path / "private.mp4").write_bytes(b"x")
    (folder / "link.mp4").symlink_to(tmp_path / "private.mp4")
    assert find_file(read_address("file:show.mp4"), folder) == folder / "show.mp4"
    for name, place in (("link.mp4", folder), ("none.mp4", folder), ("show.mp4", None)):
        with pytest.raises(InvalidInputError):
            find_file(read_address(f"file:{name}"), place)


def test_ports_for_srt_are_a_short_range() -> None:
    assert read_ports("") == range(0)
    assert read_ports("20000-20015") == range(20000, 20016)
    assert read_ports("20000") == range(20000, 20001)
    for wrong in ("x", "80-90", "20015-20000", "20000-70000", "20000-20300", "-5"):
        with pytest.raises(InvalidInputError):
            read_ports(wrong)
