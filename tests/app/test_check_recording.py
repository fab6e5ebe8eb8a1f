"""A recording through the real recogniser and the rules, without a show; and what a file may not be."""

import io
import json
from pathlib import Path

import av
import numpy as np
import pytest
from pypdf import PdfReader

from tallylight.app.flows.rehearsal_facts import RehearsalFacts, facts_of_file, facts_of_shop
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.foundation.clock import SystemClock
from tests.app.test_command_line import Command, tallylight, trouble
from tests.conftest import Runner
from tests.support.small_shop import fill_shelf, small_shop
from tests.support.speech_sounds import joined, pcm

__all__ = ["tallylight"]

MUG = {"names": ["mug"], "facts": {"price": "24.00", "currency": "USD", "stock": 40}}


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host who cures eczema and then counts the stock."""
    path = tmp_path_factory.mktemp("rehearsal") / "rehearsal.wav"
    sound, _ = joined(["welcome", "eczema", "scarce"], 0.8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        samples = np.frombuffer(pcm(sound), "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def facts_file(tmp_path: Path) -> Path:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"products": [MUG], "host_is_paid": False}))
    return path


def test_a_rehearsal_is_heard_judged_and_reported(
    tallylight: Command, rehearsal: Path, facts_file: Path, tmp_path: Path
) -> None:
    json_file, pdf_file = tmp_path / "report.json", tmp_path / "report.pdf"
    arguments = ("--facts", str(facts_file), "--at", "2026-05-01T18:00:00+00:00", "--report", str(json_file))
    finished = tallylight("check", str(rehearsal), *arguments, "--report", str(pdf_file))
    assert finished.returncode == 1, finished.stderr
    assert "times real time" in finished.stdout
    report = json.loads(json_file.read_bytes())
    assert (report["kind"], report["chain"], report["subject"]["source"]) == ("rehearsal", None, "rehearsal.wav")
    assert {"R1", "R9"} <= {finding["rule"] for finding in report["findings"]}
    assert "eczema" in " ".join(line["text"] for line in report["lines"]).lower()
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_file.read_bytes())).pages)
    assert "REHEARSAL" in text
    assert "Would be stopped" in text
    once = json_file.read_bytes()
    tallylight("check", str(rehearsal), *arguments)
    assert json_file.read_bytes() == once, "the same recording, the same report"


def test_what_cannot_be_checked_says_why(
    tallylight: Command, rehearsal: Path, facts_file: Path, tmp_path: Path
) -> None:
    text, silent = tmp_path / "notes.txt", tmp_path / "silent.mp4"
    text.write_text("not a recording")
    with av.open(str(silent), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    facts = ("--facts", str(facts_file))
    assert "is not a recording" in trouble(tallylight("check", str(text), *facts))
    assert "has no sound" in trouble(tallylight("check", str(silent), *facts))
    assert "is not a file" in trouble(tallylight("check", str(tmp_path / "gone.mp4"), *facts))
    assert "--shop SLUG" in trouble(tallylight("check", str(rehearsal)))
    assert "no pack for the market" in trouble(tallylight("check", str(rehearsal), *facts, "--market", "xx-xx"))
    assert "is neither" in trouble(tallylight("check", str(rehearsal), *facts, "--report", "report.doc"))
    assert "ISO 8601" in trouble(tallylight("check", str(rehearsal), *facts, "--at", "tomorrow"))
    facts_file.write_text('{"products": [{"names": 3}]}')
    assert "facts.json" in trouble(tallylight("check", str(rehearsal), *facts))


def test_a_recording_that_is_too_long_is_refused(
    tallylight: Command, rehearsal: Path, facts_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallylight.media.read_sound.LENGTH_US_MAX", 1_000_000)
    assert "longer than" in trouble(tallylight("check", str(rehearsal), "--facts", str(facts_file)))


def test_an_interrupted_check_writes_nothing(
    tallylight: Command, rehearsal: Path, facts_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tallylight.app.flows.check_recording.marked_lines", interrupted)
    target = tmp_path / "report.json"
    finished = tallylight("check", str(rehearsal), "--facts", str(facts_file), "--report", str(target))
    assert finished.returncode == 130
    assert "nothing was written" in finished.stderr
    assert not target.exists()


def test_the_product_named_last_is_meant_until_another_is() -> None:
    mug = ProductFacts(None, ("mug",), LiveFacts(price="24.00"))
    bowl = ProductFacts(None, ("bowl",), LiveFacts(price="30.00"))
    facts = RehearsalFacts(ShowSubject(), [mug, bowl], 0)

    def prices(at_us: int, spoken: str) -> list[str | None]:
        return [each.facts.price for each in facts.facts_at(at_us, spoken)]

    assert prices(0, "good morning") == ["24.00", "30.00"]
    assert prices(1_000_000, "look at this Bowl") == ["30.00"]
    assert prices(2_000_000, "it costs") == ["30.00"]
    assert prices(90_000_000, "and so on") == ["24.00", "30.00"]


def test_bare_facts_are_one_product(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"price": "5.00", "host_is_paid": true}')
    facts = facts_of_file(path, "us-en", 0)
    assert facts.subject.host_is_paid is True
    assert facts.facts_at(0, "anything")[0].facts.price == "5.00"


def test_a_shops_own_prices_are_facts(run: Runner) -> None:
    async def look() -> RehearsalFacts:
        small = await small_shop(run.database)
        now_us = SystemClock().now_us()
        await fill_shelf(run.database, small, now_us=now_us)
        async with run.database.reading() as connection:
            return await facts_of_shop(connection, small.shop, "us-en", now_us + 1)

    facts = run(look())
    [serum] = facts.facts_at(facts.at_us, "this serum")
    assert (serum.facts.price, serum.facts.stock) == ("20.00", 10)
    assert facts.subject.product_names == ("Dew Serum",)
