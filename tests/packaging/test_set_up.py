"""A machine that lacks something is told what to install, in one line, with an exit code that is not 0."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("bash", "cat", "cut", "dirname", "env", "find", "grep", "mkdir", "rm", "sed", "touch")

SetUp = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def machine(tmp_path: Path) -> SetUp:
    """A bare machine: the repository's set-up script, a shell's usual commands, and programs that are named."""
    bin_folder, checkout = tmp_path / "bin", tmp_path / "checkout"
    for folder in (bin_folder, checkout / "tools", checkout / "web"):
        folder.mkdir(parents=True)
    for command in COMMANDS:
        found = shutil.which(command)
        assert found
        (bin_folder / command).symlink_to(found)
    shutil.copy(ROOT / "tools/set-up.sh", checkout / "tools")
    (checkout / "web/package-lock.json").write_text("{}")

    def set_up(*parts: str, **programs: str) -> "subprocess.CompletedProcess[str]":
        for name, script in ({"id": "echo 1000"} | programs).items():
            program = bin_folder / name.replace("_", "-")
            program.write_text(f"#!{shutil.which('bash')}\n{script}\n")
            program.chmod(0o755)
        return subprocess.run(
            [checkout / "tools/set-up.sh", *parts], capture_output=True, text=True, env={"PATH": str(bin_folder)}
        )

    return set_up


def complaint(finished: "subprocess.CompletedProcess[str]") -> str:
    assert finished.returncode == 1
    line = finished.stderr.strip()
    assert "\n" not in line
    return line


def test_missing_node_is_named(machine: SetUp) -> None:
    assert "Node.js is needed" in complaint(machine("front"))


def test_old_node_is_named_with_its_version(machine: SetUp) -> None:
    assert "Node.js v18.20.4 is too old" in complaint(machine("front", node="echo v18.20.4", npm="true"))


def test_missing_python_is_named(machine: SetUp) -> None:
    assert "Python 3.11 or later is needed" in complaint(machine("python"))


def test_old_python_does_not_count(machine: SetUp) -> None:
    assert "Python 3.11 or later is needed" in complaint(machine("python", python3="exit 1"))


def test_without_root_the_missing_packages_are_named(machine: SetUp) -> None:
    line = complaint(machine("test-tools", apt_get="exit 99"))
    assert "make test needs the system package(s) chromium" in line
    assert "sudo apt-get install chromium" in line


def test_debian_python_without_venv_and_pip_names_the_package(machine: SetUp) -> None:
    bare = 'case "$*" in *version_info*) exit 0;; *) exit 1;; esac'
    line = complaint(machine("python", python3=bare, apt_get="exit 99"))
    assert "python3-venv" in line


def test_root_has_the_packages_installed(machine: SetUp, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    bare = f'echo "python3 $*" >> {diary}; case "$*" in *version_info*) exit 0;; *) exit 1;; esac'
    machine("python", python3=bare, id="echo 0", apt_get=f'echo "apt-get $*" >> {diary}')
    lines = diary.read_text().splitlines()
    installed = [line for line in lines if line.startswith("apt-get")]
    assert installed == ["apt-get update -qq", "apt-get install -y -qq --no-install-recommends python3-venv"]
    assert lines[-1] == "python3 -m venv .uv"


def test_an_unknown_part_is_refused(machine: SetUp) -> None:
    assert complaint(machine("everything")) == "set-up: no such part: everything"


def test_what_is_done_costs_nothing(machine: SetUp, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("uv.lock", "pyproject.toml"):
        (checkout / name).write_text("")
        os.utime(checkout / name, (1, 1))
    (checkout / ".venv").mkdir()
    (checkout / ".venv/.set-up").write_text("")
    assert machine("python").returncode == 0
