"""Settings survive the way through the environment into another process, and wrong ones are named."""

from pathlib import Path

import msgspec
import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings, read_settings, settings_environment


def test_settings_reach_another_process_unchanged() -> None:
    settings = Settings(data_dir=Path("/srv/tally"), database_url="postgresql://a:b@h/n", web_port=9000, host="0.0.0.0")
    assert read_settings(settings_environment(settings)) == settings


def test_every_default_survives_too() -> None:
    settings = Settings(data_dir=Path("/srv/tally"))
    assert read_settings(settings_environment(settings)) == settings
    assert read_settings({"TALLYLIGHT_DATA_DIR": "/srv/tally"}) == settings


def test_an_empty_variable_is_the_default() -> None:
    assert read_settings({"TALLYLIGHT_WEB_PORT": "", "DATABASE_URL": ""}).web_port == Settings(data_dir=Path()).web_port


@pytest.mark.parametrize(("variable", "text"), [("TALLYLIGHT_WEB_PORT", "eighty"), ("TALLYLIGHT_LOG_LEVEL", "loud")])
def test_a_wrong_setting_is_named(variable: str, text: str) -> None:
    with pytest.raises(InvalidInputError, match=variable):
        read_settings({variable: text})


def test_a_relative_folder_is_made_absolute() -> None:
    assert read_settings({"TALLYLIGHT_DATA_DIR": "data"}).data_dir.is_absolute()


def test_settings_are_immutable() -> None:
    with pytest.raises(AttributeError):
        read_settings({}).web_port = 1  # type: ignore[misc]
    assert msgspec.structs.replace(read_settings({}), web_port=1).web_port == 1
