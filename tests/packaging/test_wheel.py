"""The wheel is whole: it carries the pages, the migrations and the demo, and runs where there is no Node."""

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import free_port

ROOT = Path(__file__).parents[2]


def uv() -> str:
    found = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
    assert Path(found).exists(), "make test installs uv"
    return found


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tallylight-wheel-"))
    folder.chmod(0o711)
    subprocess.run([uv(), "build", "--quiet", "--wheel", "--out-dir", folder], cwd=ROOT, check=True)
    [built] = folder.glob("tallylight-*.whl")
    yield built
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.parametrize(
    "pattern",
    [
        r"tallylight/app/web/static/index\.html",
        r"tallylight/app/web/static/watch\.html",
        r"tallylight/app/web/static/assets/.+\.js",
        r"tallylight/app/web/static/assets/.+\.css",
        r"tallylight/app/web/static/assets/.+\.woff2",
        r"tallylight/app/migrations/versions/0001_.+\.py",
        r"tallylight/app/migrations/versions/0008_.+\.py",
        r"tallylight/app/demo/assets/show\.mp4",
        r"tallylight-.+\.dist-info/entry_points\.txt",
        r"tallylight-.+\.dist-info/licenses/LICENSE",
        r"tallylight-.+\.dist-info/licenses/NOTICE",
    ],
)
def test_it_carries(names: list[str], pattern: str) -> None:
    assert any(re.fullmatch(pattern, name) for name in names)


def test_it_carries_nothing_else(names: list[str]) -> None:
    assert [name for name in names if not re.match(r"tallylight(/|-[^/]+\.dist-info/)", name)] == []
    assert [name for name in names if "node_modules" in name or name.endswith((".map", ".pyc"))] == []


@pytest.mark.slow
def test_it_runs_in_an_environment_of_its_own_without_node(wheel: Path, tmp_path: Path, data_dir: Path) -> None:
    locked = tmp_path / "locked.txt"
    export = [uv(), "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--no-hashes", "-o", str(locked)]
    subprocess.run(export, cwd=ROOT, check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYLIGHT_")}
    environment["TALLYLIGHT_DATA_DIR"] = str(data_dir)
    environment |= {f"TALLYLIGHT_{which}_PORT": str(free_port()) for which in ("WEB", "MEDIA", "RTMP")}
    run = [uv(), "tool", "run", "--isolated", "--constraints", str(locked), "--from", str(wheel), "tallylight"]
    finished = subprocess.run([*run, "doctor"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Everything that Tallylight needs works here" in finished.stdout
    assert "FAIL" not in finished.stdout
