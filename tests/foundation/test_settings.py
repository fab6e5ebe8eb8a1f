"""Settings come from the environment alone and name what does not read."""

from pathlib import Path

import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import read_settings


def test_defaults_and_overrides() -> None:
    settings = read_settings({"HOME": "/home/ana", "TALLYLIGHT_WEB_PORT": "9000", "DATABASE_URL": "postgresql://x/y"})
    assert settings.data_dir == Path("/home/ana/.local/share/tallylight")
    assert (settings.web_port, settings.rtmp_port, settings.database_url) == (9000, 1935, "postgresql://x/y")


def test_a_wrong_value_is_named() -> None:
    with pytest.raises(InvalidInputError, match="web_port"):
        read_settings({"HOME": "/h", "TALLYLIGHT_WEB_PORT": "eighty"})
