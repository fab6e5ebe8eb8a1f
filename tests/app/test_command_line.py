"""The command as a person types it: answers on one stream, troubles in one line on the other, never a traceback."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from tallylight.app.command_line import main
from tallylight.app.processes.directory_lock import DirectoryLock
from tests.support.postgres import free_port

Command = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = (sys.executable, "-c", "from tallylight.app.command_line import main; main()")
CSV = """Handle,Title,Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price
mug,Plain mug,Acme,Title,Default Title,MUG,12,18.00
bowl,Plain bowl,Acme,Title,Default Title,BOWL,3,not a price
"""


@pytest.fixture
def tallylight(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command on a folder of its own, in this process, which saves seconds of imports a call.

    Keyword arguments are environment variables.
    """
    for name in os.environ:
        if name.startswith(("TALLYLIGHT_", "DATABASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TALLYLIGHT_DATA_DIR", str(data_dir))
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        output, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as for_this_call:
            for name, value in variables.items():
                for_this_call.setenv(name, value)
            for_this_call.setattr(sys, "argv", ["tallylight", *arguments])
            with redirect_stdout(output), redirect_stderr(errors):
                code = exit_code(main)
        return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())

    return run


def exit_code(program: Callable[[], None]) -> int:
    try:
        program()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def trouble(finished: "subprocess.CompletedProcess[str]") -> str:
    """The one line of a failed command."""
    assert finished.returncode == 1, finished.stdout + finished.stderr
    [line] = [line for line in finished.stderr.splitlines() if not line.startswith("Starting ")]
    assert line.startswith("tallylight: ")
    return line


def test_help_teaches(tallylight: Command) -> None:
    finished = tallylight("--help")
    assert finished.returncode == 0
    for words in ("tallylight demo", "tallylight serve", "tallylight shop create", "DATABASE_URL"):
        assert words in finished.stdout


COMMANDS = ["", "serve", "doctor", "migrate", "shop create", "person create", "person link", "products import"]
COMMANDS += ["show create", "evidence verify", "evidence report", "check"]
COMMANDS += ["shop terms"]
COMMANDS += ["claims import", "claims export", "scripts import"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tallylight: Command, command: str) -> None:
    finished = tallylight(*command.split(), "--help")
    assert finished.returncode == 0
    assert len(finished.stdout.splitlines()) > 5


def test_a_failure_leaves_the_program_with_code_1_and_one_line(data_dir: Path) -> None:
    """The same in a process of its own, as a shell sees it."""
    variables = {"TALLYLIGHT_DATA_DIR": str(data_dir), "DATABASE_URL": f"postgresql://a:b@127.0.0.1:{free_port()}/c"}
    finished = subprocess.run([*PROGRAM, "migrate"], capture_output=True, text=True, env=os.environ | variables)
    assert "no PostgreSQL server at 127.0.0.1" in trouble(finished)


def test_a_command_typed_wrongly_exits_with_2(tallylight: Command) -> None:
    assert tallylight("sreve").returncode == 2


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_an_unreachable_server_is_one_line(tallylight: Command, command: str) -> None:
    url = f"postgresql://me:secret-word@127.0.0.1:{free_port()}/shop"
    finished = tallylight(
        command,
        DATABASE_URL=url,
        TALLYLIGHT_WEB_PORT=str(free_port()),
        TALLYLIGHT_MEDIA_PORT=str(free_port()),
        TALLYLIGHT_RTMP_PORT=str(free_port()),
    )
    assert finished.returncode == 1
    assert "no PostgreSQL server at 127.0.0.1" in finished.stdout + finished.stderr
    assert "secret-word" not in finished.stdout + finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_port_in_use_stops_the_start_before_anything_runs(
    tallylight: Command, taken_port: int, data_dir: Path
) -> None:
    line = trouble(tallylight("serve", TALLYLIGHT_RTMP_PORT=str(taken_port)))
    assert f"port {taken_port}" in line
    assert "TALLYLIGHT_RTMP_PORT" in line
    assert not (data_dir / "postgres").exists()


def test_a_second_tallylight_on_one_folder_is_told_who_was_first(tallylight: Command, data_dir: Path) -> None:
    first = DirectoryLock(data_dir / "supervisor.lock")
    first.acquire()
    line = trouble(tallylight("serve"))
    first.release()
    assert f"process {os.getpid()}" in line


def test_a_wrong_setting_is_one_line(tallylight: Command) -> None:
    assert "TALLYLIGHT_WEB_PORT is 'eighty'" in trouble(tallylight("serve", TALLYLIGHT_WEB_PORT="eighty"))


def test_a_shop_from_nothing_on_the_embedded_database(tallylight: Command, tmp_path: Path) -> None:
    """Each command starts the embedded database for itself, and the next one finds what it wrote."""
    assert tallylight("shop", "create", "acme", "Acme Goods").stdout.startswith("Created the shop acme")
    assert "another shop" in trouble(tallylight("shop", "create", "acme", "Acme Goods"))


class TestOnAServer:
    @pytest.fixture
    def command(self, tallylight: Command, database_url: str) -> Command:
        def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
            return tallylight(*arguments, DATABASE_URL=database_url)

        assert run("shop", "create", "acme", "Acme Goods", "--currency", "usd").returncode == 0
        return run

    def test_people_get_links(self, command: Command) -> None:
        made = command("person", "create", "ada@acme.example", "Ada", "--shop", "acme", "--role", "owner")
        assert made.stdout.splitlines()[-1].startswith("http://127.0.0.1:8080/signin/")
        again = command("person", "link", "ADA@acme.example")
        assert again.stdout.startswith("http://127.0.0.1:8080/signin/")
        assert again.stdout != made.stdout.splitlines()[-1] + "\n"
        assert "tallylight person create" in trouble(command("person", "link", "bob@acme.example"))

    def test_a_role_that_does_not_exist_is_refused_and_nobody_is_created(self, command: Command) -> None:
        assert "owner" in trouble(command("person", "create", "a@b.example", "A", "--shop", "acme", "--role", "king"))
        assert "nobody" in trouble(command("person", "link", "a@b.example"))

    def test_shows_are_created_for_shops_that_exist(self, command: Command) -> None:
        made = command("show", "create", "friday", "Friday live", "--shop", "acme", "--host", "Joe")
        assert "/watch/friday" in made.stdout
        line = trouble(command("show", "create", "monday", "Monday live", "--shop", "nowhere", "--host", "Joe"))
        assert "no shop 'nowhere'" in line
        command("person", "create", "mina@acme.example", "Mina", "--shop", "acme", "--role", "host")
        made = command(
            "show", "create", "sunday", "Sunday live", "--shop", "acme", "--host-person", "MINA@acme.example"
        )
        assert "/watch/sunday" in made.stdout
        assert "--host-person" in trouble(command("show", "create", "never", "Never", "--shop", "acme"))

    def test_products_are_imported_and_bad_rows_named(self, command: Command, tmp_path: Path) -> None:
        file = tmp_path / "products.csv"
        file.write_text(CSV)
        finished = command("products", "import", str(file), "--shop", "acme")
        assert finished.returncode == 0
        assert finished.stdout.startswith("1 products new")
        assert finished.stderr.startswith(f"{file}:3: ")
        assert "cannot be read" in trouble(command("products", "import", str(tmp_path / "none"), "--shop", "acme"))

    def test_a_plan_is_played_from_a_file_and_nothing_is_kept(
        self, command: Command, database_url: str, tmp_path: Path
    ) -> None:
        products, file = tmp_path / "products.csv", tmp_path / "spring.json"
        products.write_text(CSV)
        command("products", "import", str(products), "--shop", "acme")
        file.write_text(json.dumps(campaign(asyncio.run(only_variant(database_url)))))
        played = command("plan", "run", str(file), "--shop", "acme", "--seed", "7")
        assert (played.returncode, json.loads(played.stdout)["orders"]["p50"]) == (0, 10)
        assert command("plan", "run", str(file), "--shop", "acme", "--seed", "7").stdout == played.stdout
        day, amounts = command("plan", "run", str(file), "--shop", "acme", "--as", "csv").stdout.splitlines()
        assert day.startswith("day,currency,orders p10,orders p50")
        assert amounts.split(",")[1:7] == ["USD", "10", "10", "10", "180.00", "180.00"]
        assert command("plan", "list", "--shop", "acme").stdout == ""
        file.write_text("{}")
        assert "is no plan" in trouble(command("plan", "run", str(file), "--shop", "acme"))
        assert "no such plan" in trouble(command("plan", "show", str(uuid4()), "--shop", "acme"))

    def test_evidence_of_nothing_is_intact(self, command: Command) -> None:
        assert command("evidence", "verify").stdout == "No broadcast has left evidence yet.\n"


def campaign(variant_id: UUID) -> dict[str, object]:
    """One show of ten viewers who all buy."""
    return {
        "shows": [{"title": "Friday", "starts_us": 1_800_000_000_000_000, "duration_s": 3600, "viewers": 10}],
        "baskets": [{"lines": [{"variant_id": str(variant_id), "quantity": 1}], "weight": 1}],
        "assumptions": {"conversion_bps": 10_000},
        "unit_costs": [{"variant_id": str(variant_id), "cost_minor": 700}],
        "agreements": [],
        "deals": [],
        "runs": 100,
    }


async def only_variant(url: str) -> UUID:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("select id from variant")
    finally:
        await connection.close()
    assert isinstance(found, UUID)
    return found


LIBRARY = """product,wording,disclaimer,disclaimer_within_s,expires_at,state
mug,Made in Ohio,,,,approved
,No palm oil,Except in soap,15,2030-01-31,review
vase,Unbreakable,,,,draft
"""
SCRIPT = """
title = "Friday"

[[segment]]
title = "Mug"
policy = "strict"
product = "mug"
text = "This mug was made in Ohio."
"""


@pytest.mark.slow
def test_claims_and_scripts_come_in_and_claims_go_out(tallylight: Command, data_dir: Path, tmp_path: Path) -> None:
    products, library, script = tmp_path / "products.csv", tmp_path / "claims.csv", tmp_path / "friday.toml"
    products.write_text(CSV)
    library.write_text(LIBRARY)
    script.write_text(SCRIPT)
    tallylight("shop", "create", "acme", "Acme Goods")
    tallylight("products", "import", str(products), "--shop", "acme")
    tallylight("person", "create", "pat@acme.example", "Pat", "--shop", "acme", "--role", "producer")

    by_pat = tallylight("claims", "import", str(library), "--shop", "acme", "--as", "pat@acme.example")
    assert by_pat.stdout.startswith("1 claims new"), by_pat
    assert f"{library}:2: the state approved needs the role compliance" in by_pat.stderr
    assert f"{library}:4: there is no product with the handle 'vase'" in by_pat.stderr
    whole = tallylight("claims", "import", str(library), "--shop", "acme")
    assert (whole.returncode, whole.stdout) == (
        0,
        "1 claims new, 0 updated, 1 as they were, 1 rows with a problem.\n",
    )
    exported = tmp_path / "exported.csv"
    assert tallylight("claims", "export", "--shop", "acme", "--to", str(exported)).returncode == 0
    assert (
        exported.read_bytes()
        == (
            "\ufeffproduct,market,wording,disclaimer,disclaimer_within_s,expires_at,state\r\n"
            ",us-en,No palm oil,Except in soap,15,2030-02-01T00:00:00+00:00,review\r\n"
            "mug,us-en,Made in Ohio,,,,approved\r\n"
        ).encode()
    )
    again = tallylight("claims", "import", str(exported), "--shop", "acme")
    assert again.stdout == "0 claims new, 0 updated, 2 as they were, 0 rows with a problem.\n"
    assert trouble(tallylight("claims", "import", str(library), "--shop", "acme", "--as", "eve@x.test"))

    first = tallylight("scripts", "import", str(script), "--shop", "acme", "--as", "pat@acme.example")
    assert first.stdout == "“Friday”, version 1: 1 lines, as a draft. Review it on the desk.\n", first
    assert "says this already" in tallylight("scripts", "import", str(script), "--shop", "acme").stdout
    script.write_text(SCRIPT.replace('"mug"', '"vase"'))
    assert "no product with the handle 'vase'" in trouble(
        tallylight("scripts", "import", str(script), "--shop", "acme")
    )
