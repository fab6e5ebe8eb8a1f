"""The report is its chain and nothing else; the checker in the bundle finds what was changed in either."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tallylight.app.flows.cut_stops import cut_stops, stops_of
from tallylight.app.flows.report_broadcast import report_broadcast, sign_report, stops_folder
from tallylight.compliance.chain import canonical_json
from tallylight.compliance.evidence import record_evidence, verify_evidence
from tallylight.compliance.record.legal_hold import By
from tallylight.compliance.record.retention import empty_record
from tallylight.compliance.report.bundle import verify_program, write_bundle
from tallylight.compliance.report.document import Document, SoundFile, document_json, document_sha256
from tallylight.compliance.report.render import document_pdf
from tests.conftest import Runner
from tests.media.lines import VirtualAir
from tests.media.sources import make_source
from tests.support.aired_show import AiredShow, air_show
from tests.support.shop import make_person
from tests.support.small_shop import small_shop


async def report(run: Runner, shown: AiredShow, entries: int | None = None) -> Document:
    async with run.database.reading() as connection:
        return await report_broadcast(connection, shown.broadcast_id, entries=entries)


async def recorded_show(run: Runner, tmp_path: Path) -> AiredShow:
    """A show with real recordings of twelve seconds, whose stops are cut."""
    air = VirtualAir(tmp_path)
    air.publish(make_source(12))
    air.leave()
    air.drain()
    air.line.finish()
    started_us = air.line.aired_recorder.finish().started_us
    air.line.original_recorder.finish()
    assert started_us is not None
    shown = await air_show(run.database, await small_shop(run.database, "compliance"), started_us)
    folder = air.line.aired_recorder.folder.parent
    folder.rename(stops_folder(tmp_path, shown.broadcast_id))
    assert await cut_stops(run.database, tmp_path, shown.broadcast_id, now_us=started_us) == 4
    assert await cut_stops(run.database, tmp_path, shown.broadcast_id, now_us=started_us) == 0
    return shown


def unpacked(document: Document, recordings_dir: Path, shown: AiredShow, target: Path) -> Path:
    buffer = io.BytesIO()
    missing = write_bundle(document, stops_folder(recordings_dir, shown.broadcast_id), buffer)
    assert missing == []
    with zipfile.ZipFile(buffer) as archive:
        archive.extractall(target)
    return target


def verify(folder: Path) -> tuple[int, str]:
    """As whoever received the bundle would: Python alone, without what this project installs."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return finished.returncode, finished.stdout + finished.stderr


def test_a_report_tells_the_whole_story(run: Runner) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    document = run(report(run, shown))
    assert document.glance.sentence == "The desk cleared 1 of 2 stops; kept from viewers: 1."
    bleeped, cleared = document.findings
    assert (bleeped.quote, bleeped.outcome) == ("It cures eczema", "bleeped")
    assert bleeped.decision is not None
    assert (bleeped.decision.by, bleeped.decision.kind) == ("policy", "bleep")
    assert cleared.decision is not None
    assert (cleared.decision.by, cleared.decision.name) == ("person", "Ada")
    marks = [(line.text[mark.first : mark.end], mark.finding) for line in document.lines for mark in line.marks]
    assert marks == [("It cures eczema", 1), ("There are only", 2)]
    assert [each.how for each in document.disclosures.given] == ["heard"]
    assert [(each.kind, each.end_us) for each in document.stretches] == [("late", shown.started_us + 10_000_000)]
    assert document.lags.recognition is not None
    assert document.lags.recognition.samples == document.counts.words == 21


def test_the_same_chain_gives_the_same_bytes(run: Runner) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    first, again = run(report(run, shown)), run(report(run, shown))
    assert document_json(first) == document_json(again)
    assert document_pdf(first) == document_pdf(again)
    one, two = io.BytesIO(), io.BytesIO()
    write_bundle(first, None, one)
    write_bundle(again, None, two)
    assert one.getvalue() == two.getvalue()


def test_the_pdf_can_be_read(run: Runner) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(document_pdf(run(report(run, shown))))).pages)
    text = " ".join(text.split())
    for words in ("Evening glow", "Cleared by the desk", "It cures eczema", "clear, by Ada", "Appendix: the chain"):
        assert words in text


def test_a_bundle_holds_and_carries_both_sounds_of_every_stop(run: Runner, tmp_path: Path) -> None:
    shown = run(recorded_show(run, tmp_path))
    document = run(report(run, shown))
    assert [(file.stop, file.take) for file in document.files] == [
        (str(stop), take) for stop in (shown.bleeped, shown.cleared) for take in ("off-air", "on-air")
    ]
    assert all(file.file.startswith("sounds/") and file.until_us - file.from_us > 4_000_000 for file in document.files)
    code, output = verify(unpacked(document, tmp_path, shown, tmp_path / "bundle"))
    assert code == 0, output
    assert "Everything holds." in output
    assert output.count("file sounds/") == 4


def first(report_: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in report_["chain"] if entry["kind"] == kind)
    return found


TAMPERING: dict[str, Callable[[dict[str, Any]], object]] = {
    "a word of the chain": lambda r: first(r, "transcript")["payload"]["words"][0].update(text="Goodbye,"),
    "a word of the transcript": lambda r: r["lines"][0].update(text="Goodbye."),
    "a finding left out": lambda r: r["findings"].pop(),
    "an outcome": lambda r: r["findings"][0].update(outcome="cleared"),
    "a decision's name": lambda r: r["findings"][1]["decision"].update(name="Bob"),
    "an entry removed": lambda r: r["chain"].pop(3),
    "the end cut off": lambda r: r["chain"].pop(),
    "two entries swapped": lambda r: r["chain"].insert(3, r["chain"].pop(4)),
    "an entry emptied": lambda r: first(r, "finding").update(payload=None, salt=None, redacted_by=99),
    "the seal": lambda r: r["seal"]["outcomes"].update(bleeped=2),
    "a file's hash": lambda r: r["files"][0].update(sha256="0" * 64),
    "a file outside": lambda r: r["files"][0].update(file="../../etc/passwd"),
}


@pytest.mark.parametrize("change", TAMPERING)
def test_the_checker_finds_what_was_changed(run: Runner, tmp_path: Path, change: str) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds/one.flac").write_bytes(b"sound")

    async def note() -> None:
        digest = hashlib.sha256(b"sound").hexdigest()
        sound = SoundFile("s", "on-air", "sounds/one.flac", digest, 5, 0, 1)
        async with run.database.transaction() as connection:
            await record_evidence(connection, shown.broadcast_id, "sound", {"files": [sound]}, 0)

    run(note())
    document = json.loads(document_json(run(report(run, shown))))
    (tmp_path / "report.json").write_bytes(canonical_json(document) + b"\n")
    (tmp_path / "verify.py").write_bytes(verify_program())
    assert verify(tmp_path)[0] == 0
    TAMPERING[change](document)
    (tmp_path / "report.json").write_bytes(canonical_json(document) + b"\n")
    code, output = verify(tmp_path)
    assert code == 1
    assert "Traceback" not in output


def test_a_changed_sound_is_found(run: Runner, tmp_path: Path) -> None:
    shown = run(recorded_show(run, tmp_path))
    folder = unpacked(run(report(run, shown)), tmp_path, shown, tmp_path / "bundle")
    sound = next((folder / "sounds").glob("*on-air.flac"))
    sound.write_bytes(sound.read_bytes()[:-1] + b"x")
    code, output = verify(folder)
    assert code == 1
    assert f"BROKEN  file sounds/{sound.name}" in output
    sound.unlink()
    assert f"file sounds/{sound.name} is missing" in verify(folder)[1]


def test_a_signed_report_can_be_had_again_and_outlives_deletion(run: Runner, tmp_path: Path) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    by = By(run(make_person(run.database)), "Ada")

    async def sign() -> tuple[int, str]:
        async with run.database.transaction() as connection:
            made = await sign_report(connection, shown.broadcast_id, by=by, now_us=shown.started_us)
        return made.entries, made.report_sha256

    async def empty() -> None:
        async with run.database.transaction() as connection:
            await empty_record(connection, shown.broadcast_id, days=30, now_us=shown.started_us)
        async with run.database.reading() as connection:
            assert (await verify_evidence(connection, shown.broadcast_id)).intact

    entries, sha256 = run(sign())
    assert document_sha256(run(report(run, shown, entries))) == sha256
    run(empty())
    document = run(report(run, shown))
    assert document.glance.state == "emptied"
    assert [act.kind for act in document.acts] == ["signature", "retention"]
    assert "eczema" not in document_json(document).decode()
    code, output = verify(unpacked(document, tmp_path, shown, tmp_path / "bundle"))
    assert code == 0, output
    assert "signature of Ada" in output


def test_stops_are_those_that_were_to_be_kept_from_viewers(run: Runner) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    assert [name for _, name, _, _ in stops_of(run(report(run, shown)))] == ["001-R1", "002-R1"]


def test_a_hand_on_the_whole_picture_is_an_act(run: Runner) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))

    async def panic() -> None:
        async with run.database.transaction() as connection:
            payload = {"kind": "panic", "by": "p-1", "wall_us": shown.started_us}
            await record_evidence(connection, shown.broadcast_id, "decision", payload, shown.started_us)

    run(panic())
    document = run(report(run, shown))
    assert [(act.name, act.what) for act in document.acts] == [("p-1", "Covered and muted everything")]
    assert len(document.findings) == 2
