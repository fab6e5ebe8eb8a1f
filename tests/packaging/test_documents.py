"""The documents say what the code does."""

import re
from pathlib import Path

import msgspec
import pytest

from tallylight.foundation.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def documented_settings() -> dict[str, str]:
    rows = re.findall(r"^\| `TALLYLIGHT_(\w+)` \| (.+?) \|", (ROOT / "docs/configuration.md").read_text(), re.M)
    return {name.lower(): default for name, default in rows}


def test_every_setting_is_documented_and_no_other() -> None:
    assert list(documented_settings()) == [field.name for field in msgspec.structs.fields(Settings)]


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: str(field.name))
def test_documented_defaults_are_the_defaults(field: msgspec.structs.FieldInfo) -> None:
    documented = documented_settings()[field.name]
    if field.name == "data_dir":
        assert "~/.local/share/tallylight" in documented
        assert "/var/lib/tallylight" in documented
        return
    words = {None: "unset", "": "empty"}
    assert documented.strip("`") == words.get(field.default, str(field.default))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/0*.md")), ids=lambda page: page.stem)
def test_decisions_are_numbered_dated_and_say_what_they_cost(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.name[:4]} · ")
    assert re.search(r"^\d{4}-\d\d-\d\d$", text, re.M)
    for part in ("**Context.**", "**Choice.**", "**What it costs.**"):
        assert part in text


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text(), re.M)) <= targets


def test_nothing_in_the_tree_names_a_registry_but_the_public_lock() -> None:
    lock = (ROOT / "web/package-lock.json").read_text()
    assert '"resolved"' not in lock
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
