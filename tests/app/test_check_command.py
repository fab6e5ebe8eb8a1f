"""``tallylight check --lines`` and ``tallylight packs`` as programs: streams, exit codes, speed of starting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-c", "from tallylight.app.command_line import main; main()")
WRONG = '{"id": "w", "text": "It cures eczema."}'
RIGHT = '{"id": "r", "text": "It smells of roses."}'


def run_program(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "COLUMNS": "200"}
    return subprocess.run(
        [*PROGRAM, *arguments], input=given, capture_output=True, text=True, timeout=60, env=environment, check=False
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "script.jsonl"
    file.write_text(f"{WRONG}\n\n{RIGHT}\n", encoding="utf-8")
    return file


def test_an_object_a_line_in_order(script: Path) -> None:
    done = run_program("check", "--lines", str(script), "--market", "us-en", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["id"], first["verdict"]) == ("w", "block")
    assert list(first["findings"][0]) == ["rule", "quote", "start", "end", "reason", "citation"]
    assert second == {"id": "r", "verdict": "clear", "findings": []}


def test_a_malformed_line_is_answered_the_rest_is_checked_and_the_code_is_1() -> None:
    long = '{"id": "l", "text": "' + "x" * 300_000 + '"}'
    done = run_program("check", "--lines", "-", "--json", given=f'{{"id": "m"}}\nnonsense\n{long}\n{WRONG}\n{RIGHT}')
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["m", None, None, "w", "r"]
    assert ["error" in answer for answer in answers] == [True, True, True, False, False]
    assert (done.returncode, done.stderr) == (1, "")


def test_a_person_reads_it_without_json(script: Path) -> None:
    done = run_program("check", "--lines", str(script))
    assert "BLOCK  w" in done.stdout
    assert "R1" in done.stdout
    assert "clear  r" in done.stdout


def test_ci_fails_on_a_verdict_when_asked_to(script: Path) -> None:
    assert run_program("check", "--lines", str(script), "--fail-on", "block").returncode == 3
    assert run_program("check", "--lines", "-", "--fail-on", "note", given=RIGHT).returncode == 0


def test_a_market_or_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run_program("check", "--lines", "-", "--market", "xx-yy", given=RIGHT)
    assert done.returncode == 1
    assert "the markets are us-en, uk-en, eu-en, cn-zh" in done.stderr
    assert run_program("check", "--lines", str(tmp_path / "none")).returncode == 1
    assert run_program("check").returncode == 2


def test_a_pack_of_one_s_own(tmp_path: Path) -> None:
    pack = tmp_path / "ours.toml"
    pack.write_text(
        'market = "ours"\nversion = 1\nextends = "us-en"\nname = "Ours"\n[[rules]]\nid = "R10"\n'
        'patterns = [{ match = "[ smells of roses ]", severity = "block" }]\n',
        encoding="utf-8",
    )
    done = run_program("check", "--lines", "-", "--pack", str(pack), "--json", given=RIGHT)
    assert json.loads(done.stdout)["verdict"] == "block"
    assert run_program("packs", "validate", str(pack)).returncode == 0
    pack.write_text('market = "ours"\nversion = "one"\ncommon = []\nlexicon = {}\nrules = []\n', encoding="utf-8")
    done = run_program("packs", "validate", str(pack))
    assert (done.returncode, "version: Expected `int`" in done.stdout) == (1, True)


def test_the_packs_that_ship_are_listed_and_fine() -> None:
    assert [line.split()[0] for line in run_program("packs", "list").stdout.splitlines() if line[0] != " "] == [
        "us-en",
        "uk-en",
        "eu-en",
        "cn-zh",
    ]
    done = run_program("packs", "validate")
    assert done.returncode == 0
    assert done.stdout.count("fine") == 4


def test_checking_loads_neither_the_database_nor_the_recogniser() -> None:
    code = (
        "import sys, runpy; sys.argv = ['tallylight', 'packs', 'list']\n"
        "from tallylight.app.command_line import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'litestar', 'asyncpg', 'faster_whisper', 'av', 'onnxruntime', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
