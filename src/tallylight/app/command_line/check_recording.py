"""The recording half of ``tallylight check``: a progress bar, the verdict, the report's files."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tallylight.app.command_line.members import require_shop
from tallylight.app.command_line.read_packs import market_pack, pack_from_file
from tallylight.app.command_line.session import with_database
from tallylight.app.flows.check_recording import check_recording
from tallylight.app.flows.rehearsal_facts import RehearsalFacts, facts_of_file, facts_of_shop
from tallylight.app.flows.withhold_speech.rules_in_force import shop_pack
from tallylight.compliance.pack import Pack
from tallylight.compliance.report.document import Document, document_json
from tallylight.compliance.report.render import document_pdf
from tallylight.compliance.report.view import duration
from tallylight.foundation.clock import SystemClock, from_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings, read_settings
from tallylight.media.read_sound import RATE_HZ, sound_info

INTERRUPTED = 130


def check_a_recording(
    path: Path,
    *,
    shop_slug: str | None,
    facts_file: Path | None,
    market: str,
    pack_file: Path | None,
    at: str | None,
    reports: Sequence[Path],
    as_json: bool,
) -> None:
    """Check ``path`` and write what was asked for. Exit code 1 when something would have been stopped."""
    if strange := [each for each in reports if each.suffix not in (".json", ".pdf")]:
        raise InvalidInputError(f"a report is a .pdf or a .json file; {strange[0].name} is neither", field="report")
    if (shop_slug is None) == (facts_file is None):
        raise InvalidInputError("say what is true of the products: --shop SLUG, or --facts FILE.json without a shop")
    pack = market_pack(market)
    at_us = _moment(at)
    info = sound_info(path)
    if facts_file is not None:
        facts, shop = facts_of_file(facts_file, market, at_us), ""
    else:
        facts, shop, pack = _of_shop(shop_slug or "", market, at_us)
    if pack_file is not None:
        pack = pack_from_file(pack_file)
    begun = time.monotonic()
    try:
        document = _checked(path, info.length_us, facts, pack, shop)
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing was written.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    took_s = time.monotonic() - begun
    # Written beside and renamed, so that a second Ctrl-C leaves no half of a report.
    for report in reports:
        _write(report, document_pdf(document) if report.suffix == ".pdf" else document_json(document))
    if as_json:
        typer.echo(document_json(document).decode())
    else:
        _tell(document, took_s)
    if document.counts.blocks or document.counts.holds:
        raise typer.Exit(1)


def _checked(path: Path, length_us: int | None, facts: RehearsalFacts, pack: Pack, shop: str) -> Document:
    # Idle threads of the recogniser's arithmetic sleep instead of spinning, and no model hub is asked for anything.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
    from tallylight.speech.voice_activity import SileroVoiceActivity

    settings = read_settings()
    engine = FasterWhisperEngine(settings.speech_model, threads=settings.speech_threads)
    total = None if length_us is None else length_us * RATE_HZ // 1_000_000
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Listening", total=total)
        progress: Callable[[int], None] = lambda samples: bar.update(task, completed=samples)  # noqa: E731
        return check_recording(path, facts, pack, engine, SileroVoiceActivity(), shop=shop, progress=progress)


def _of_shop(slug: str, market: str, at_us: int) -> tuple[RehearsalFacts, str, Pack]:
    """The shop's facts, its name, and the market's pack as the shop changed it."""

    async def work(database: Database, settings: Settings) -> tuple[RehearsalFacts, str, Pack]:
        async with database.reading() as connection:
            shop = await require_shop(connection, slug)
            pack, _rules = await shop_pack(connection, shop.id, market)
            return await facts_of_shop(connection, shop, market, at_us), shop.name, pack

    return with_database(work)


def _moment(text: str | None) -> int:
    if text is None:
        return SystemClock().now_us()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("--at is an ISO 8601 time such as 2026-05-01T18:00:00+02:00") from None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}") from error


def _tell(document: Document, took_s: float) -> None:
    subject = document.subject
    for finding in document.findings:
        at = duration(finding.start_us - subject.started_us)
        typer.echo(f'{at}  {finding.verdict:<5}  {finding.rule:<4}  "{finding.quote}"')
        typer.echo(f"           {finding.reason}")
    typer.echo(document.glance.sentence)
    length_s = ((subject.ended_us or subject.started_us) - subject.started_us) / 1_000_000
    typer.echo(f"{length_s:.0f} s of sound in {took_s:.0f} s, {length_s / max(took_s, 0.001):.1f} times real time.")
