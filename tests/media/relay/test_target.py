"""Addresses of destinations: what is taken, and what a person is told about the rest."""

import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.relay.target import read_target


def test_an_address_is_taken_apart() -> None:
    target = read_target(" rtmps://live-api-s.facebook.com:443/rtmp/ ", " FB-1?s_bl=1&a=b ")
    assert (target.host, target.port, target.tls, target.app) == ("live-api-s.facebook.com", 443, True, "rtmp")
    assert target.key == "FB-1?s_bl=1&a=b"
    assert read_target("rtmp://a.rtmp.youtube.com/live2", "k").port == 1935
    assert read_target("rtmp://[::1]:1936/a/b", "k").host == "::1"


@pytest.mark.parametrize(
    ("server", "key", "field"),
    [
        ("http://host/app", "k", "server"),
        ("rtmp://host", "k", "server"),
        ("rtmp:///app", "k", "server"),
        ("rtmp://host:99999/app", "k", "server"),
        ("rtmp://host:0/app", "k", "server"),
        ("rtmp://user:pass@host/app", "k", "server"),
        ("rtmp://host/app?key=k", "k", "server"),
        ("rtmp://ho st/app", "k", "server"),
        ("rtmp://host/app", "", "key"),
        ("rtmp://host/app", "two words", "key"),
        ("rtmp://host/app", "k" * 501, "key"),
    ],
)
def test_what_is_wrong_is_named(server: str, key: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_target(server, key)
    assert error.value.fields == {"field": field}
