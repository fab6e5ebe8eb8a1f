"""Checks a rehearsal or any recording with the engine of a live show, and makes its report. Nothing airs."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tallylight.app.flows.rehearsal_facts import RehearsalFacts
from tallylight.app.flows.withhold_speech.review_broadcast import hints_for
from tallylight.compliance.judge_speech import SpeechFinding, SpeechJudge
from tallylight.compliance.pack import Pack
from tallylight.compliance.report.document import Document, FindingRecord, Lags, Subject
from tallylight.compliance.report.figures import count, disclosures, rehearsal_glance
from tallylight.compliance.report.transcript import marked_lines
from tallylight.compliance.types import Circumstances
from tallylight.media.read_sound import read_sound
from tallylight.speech.hear_recording import hear_recording
from tallylight.speech.recogniser import Word
from tallylight.speech.run_pass import Engine
from tallylight.speech.voice_activity import Sound, VoiceActivity

_DISCLOSURE_RULE = "R14"
Progress = Callable[[int], None]


def check_recording(
    path: Path,
    facts: RehearsalFacts,
    pack: Pack,
    engine: Engine,
    voice: VoiceActivity,
    *,
    shop: str = "",
    progress: Progress = lambda samples: None,
) -> Document:
    """Hear, judge and report the whole recording; ``progress`` is told how many samples have been read.

    Blocks for as long as it takes. Raises NotMediaError.
    """
    judge = SpeechJudge(pack)
    words: list[Word] = []
    found: list[SpeechFinding] = []
    started_us = facts.at_us
    heard_all = hear_recording(
        _counted(read_sound(path), progress), engine, voice, hints_for(facts.subject, pack), started_us=started_us
    )
    ended_us = started_us
    for heard in heard_all:
        words.extend(heard.words)
        ended_us = max(ended_us, heard.known_us)
        judge.hear(heard)
        while (portion := judge.take()) is not None:
            products = facts.facts_at(portion.at_us, portion.spoken) if portion.ripe > portion.context else ()
            found += judge.judge(portion, Circumstances(products=products, subject=facts.subject))
    findings = [_record(number, each) for number, each in enumerate(_in_order(found), 1)]
    return Document(
        kind="rehearsal",
        subject=Subject(
            title=path.stem,
            shop=shop,
            host="",
            host_is_paid=facts.subject.host_is_paid,
            market=facts.subject.market,
            source=path.name,
            source_sha256=_sha256(path),
            started_us=started_us,
            ended_us=ended_us,
        ),
        settings=None,
        glance=rehearsal_glance(findings),
        counts=count(len(words), findings),
        findings=findings,
        lines=marked_lines(words, findings),
        stretches=[],
        lags=Lags(None, None, None),
        disclosures=disclosures(
            words,
            pack,
            (),
            required=bool(facts.subject.host_is_paid),
            reminders=sum(finding.rule == _DISCLOSURE_RULE and finding.verdict != "block" for finding in findings),
        ),
        promises=[],
        acts=[],
        sections=[],
        files=[],
        seal=None,
        chain=None,
    )


def _in_order(found: list[SpeechFinding]) -> list[SpeechFinding]:
    return sorted(found, key=lambda each: (each.start_us, each.end_us, each.found.rule))


def _record(number: int, finding: SpeechFinding) -> FindingRecord:
    found = finding.found
    return FindingRecord(
        number=number,
        id=str(number),
        rule=found.rule,
        rule_title=found.rule_title,
        verdict=found.verdict,
        quote=found.quote,
        start_us=finding.start_us,
        end_us=finding.end_us,
        reason=found.reason,
        citation=found.citation,
        facts=dict(found.facts),
        say_instead=found.say_instead,
        decision=None,
        outcome=None,
        sounds=[],
    )


def _counted(blocks: Iterator[Sound], progress: Progress) -> Iterator[Sound]:
    read = 0
    for block in blocks:
        read += len(block)
        progress(read)
        yield block


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
