"""A broadcast's chain as a report. Pure, and nothing but the chain decides: the same chain gives the same bytes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from tallylight.compliance.chain import REDACTABLE, ChainEntry
from tallylight.compliance.desk.decide import POLICY
from tallylight.compliance.pack import Pack, load_pack
from tallylight.compliance.report.document import (
    Act,
    Decision,
    Disclosed,
    Document,
    FindingRecord,
    GateSettings,
    Lags,
    PromiseRecord,
    Section,
    SoundFile,
    Stretch,
    Subject,
)
from tallylight.compliance.report.figures import count, disclosures, glance, lag_figures
from tallylight.compliance.report.seal import seal_chain
from tallylight.compliance.report.sections import VERIFIED, coverage, on_screen
from tallylight.compliance.report.transcript import marked_lines
from tallylight.speech.recogniser import Word

_DISCLOSURE_RULE = "R14"

_KEYS = {
    "panic": "Covered and muted everything",
    "uncover": "Let the picture go again",
    "cover_picture": "Covered the picture",
    "dump": "Took back the last {seconds} s",
    "cough": "Muted the sound",
    "move": "Moved the show to another media process",
    "cough_end": "Let the sound go again",
    "delay": "Set the delay to {seconds} s",
    "end": "Ended the broadcast when what was held had aired",
}
"""What a person did with a key on the whole programme."""


def document_of(
    broadcast_id: UUID, entries: Sequence[ChainEntry], fallback: Subject, sections: Sequence[Section] = ()
) -> Document:
    """The report. ``fallback``: what a chain that was begun by an older version does not say of its show."""
    told = [(entry, entry.payload) for entry in entries if entry.payload is not None]
    started = next((payload for _, payload in _events(told, "started")), {})
    ended = next((entry for entry, _ in _events(told, "ended")), None)
    subject = _subject(broadcast_id, started, ended, fallback)
    words = _words(told)
    findings = _findings(told)
    stretches = _stretches(told)
    reminders = sum(finding.rule == _DISCLOSURE_RULE and finding.verdict != "block" for finding in findings)
    emptied = any(entry.payload is None and entry.kind in REDACTABLE for entry in entries)
    return Document(
        kind="broadcast",
        subject=subject,
        settings=GateSettings(
            started.get("delay_ms", 0), started.get("fail_open", False), started.get("hold_policy", "bleep")
        ),
        glance=glance(findings, stretches, over=ended is not None, emptied=emptied),
        counts=count(len(words), findings),
        findings=findings,
        lines=marked_lines(words, findings),
        stretches=stretches,
        lags=_lags(told),
        disclosures=disclosures(
            words, _pack(subject.market), _shown(told), required=bool(subject.host_is_paid), reminders=reminders
        ),
        promises=_promises(told),
        acts=_acts(told),
        sections=[*coverage(told), *on_screen(told), *sections],
        files=_files(told),
        seal=seal_chain(broadcast_id, entries),
        chain=[chain_view(entry) for entry in entries],
    )


def chain_view(entry: ChainEntry) -> dict[str, Any]:
    """An entry as the JSON carries it: bytes as hex."""
    return {
        "seq": entry.seq,
        "format": entry.format,
        "kind": entry.kind,
        "at_us": entry.at_us,
        "recorded_us": entry.recorded_us,
        "hash": entry.hash.hex(),
        "payload": entry.payload,
        "payload_sha256": None if entry.payload_sha256 is None else entry.payload_sha256.hex(),
        "salt": None if entry.salt is None else entry.salt.hex(),
        "redacted_by": entry.redacted_by,
    }


Told = Sequence[tuple[ChainEntry, dict[str, Any]]]


def _events(told: Told, event: str) -> list[tuple[ChainEntry, dict[str, Any]]]:
    return [each for each in told if each[0].kind == "gate" and each[1].get("event") == event]


def _subject(broadcast_id: UUID, started: dict[str, Any], ended: ChainEntry | None, fallback: Subject) -> Subject:
    said = started.get("show") or {}
    return Subject(
        title=said.get("title", fallback.title),
        shop=said.get("shop", fallback.shop),
        host=said.get("host", fallback.host),
        host_is_paid=said.get("host_is_paid", fallback.host_is_paid),
        market=said.get("market", fallback.market),
        broadcast_id=broadcast_id,
        started_us=fallback.started_us,
        ended_us=fallback.ended_us if ended is None else ended.at_us,
    )


def _words(told: Told) -> list[Word]:
    words = [
        msgspec.convert(word, Word)
        for entry, payload in told
        if entry.kind == "transcript"
        for word in payload["words"]
    ]
    return sorted(words, key=lambda word: (word.start_us, word.end_us))


def _findings(told: Told) -> list[FindingRecord]:
    decided: dict[str, dict[str, Any]] = {}
    outcomes: dict[str, str] = {}
    for entry, payload in told:
        if entry.kind == "decision" and "finding_id" in payload:
            decided[payload["finding_id"]] = payload
        elif entry.kind == "aired":
            outcomes[payload["id"]] = payload["outcome"]
    found = [payload["finding"] for entry, payload in told if entry.kind == "finding"]
    found.sort(key=lambda each: (each["start_us"], each["id"]))
    sounds: dict[str, list[str]] = {}
    for file in _files(told):
        sounds.setdefault(file.stop, []).append(file.file)
    return [
        FindingRecord(
            number=number,
            **{name: each[name] for name in ("id", "rule", "rule_title", "verdict", "quote", "start_us", "end_us")},
            reason=each["reason"],
            citation=each["citation"],
            facts=each["facts"],
            say_instead=each.get("say_instead"),
            decision=_decision(decided.get(each["id"]), each, outcomes.get(each["id"])),
            outcome=outcomes.get(each["id"]),
            sounds=sounds.get(each["id"], []),
        )
        for number, each in enumerate(found, 1)
    ]


def _decision(decided: dict[str, Any] | None, finding: dict[str, Any], outcome: str | None) -> Decision | None:
    """A person's ruling, or the policy's where nobody ruled in time.

    Chains that an older version wrote do not say the policy's: there it follows from the outcome.
    """
    if decided is not None and decided["by"] == POLICY:
        return Decision(decided["kind"], "policy", None, None, decided["wall_us"])
    if decided is not None:
        return Decision(decided["kind"], "person", decided.get("name"), decided.get("by"), decided["wall_us"])
    if outcome is None:
        return None
    return Decision("clear" if finding["action"] == "none" else finding["action"], "policy", None, None, None)


def _stretches(told: Told) -> list[Stretch]:
    ended = {
        (payload["event"].removesuffix(".ended"), payload["start_us"]): payload["end_us"]
        for entry, payload in told
        if entry.kind == "gate" and str(payload.get("event")).endswith(".ended")
    }
    return [
        Stretch(kind, payload["start_us"], ended.get((kind, payload["start_us"])))
        for entry, payload in told
        if entry.kind == "gate" and str(payload.get("event")).endswith(".began")
        for kind in [payload["event"].removesuffix(".began")]
    ]


def _lags(told: Told) -> Lags:
    lines = [(entry, payload) for entry, payload in told if entry.kind == "transcript"]
    return Lags(
        recognition=lag_figures(entry.recorded_us - word["end_us"] for entry, each in lines for word in each["words"]),
        watermark=lag_figures(
            entry.recorded_us - each["judged_us"] for entry, each in lines if each.get("judged_us") is not None
        ),
        finding=lag_figures(
            entry.recorded_us - each["finding"]["end_us"] for entry, each in told if entry.kind == "finding"
        ),
    )


def _pack(market: str) -> Pack | None:
    try:
        return load_pack(market)
    except KeyError:
        return None


def _shown(told: Told) -> list[Disclosed]:
    """Disclosures on the screen, where a story that shows them has put them on record."""
    return [
        Disclosed("shown", entry.at_us, str(payload.get("text") or payload.get("event") or "on screen"))
        for entry, payload in told
        if entry.kind == "disclosure" and payload.get("event") not in ("off", *VERIFIED)
    ]


def _promises(told: Told) -> list[PromiseRecord]:
    promises: dict[str, PromiseRecord] = {}
    for entry, payload in told:
        if entry.kind != "promise":
            continue
        if payload["event"] == "made":
            made = payload["promise"]
            promises[made["id"]] = PromiseRecord(**made, verdict="open", reason="", looked_us=None)
        elif payload["id"] in promises:
            promises[payload["id"]] = msgspec.structs.replace(
                promises[payload["id"]],
                verdict=payload["verdict"],
                reason=payload["reason"],
                looked_us=payload["wall_us"],
            )
    return sorted(promises.values(), key=lambda each: (each.said_us, each.id))


def _acts(told: Told) -> list[Act]:
    acts = []
    for entry, payload in told:
        if entry.kind == "hold":
            what = f"Legal hold {payload['event']}: {payload['reason']}"
        elif entry.kind == "retention":
            emptied = sum(last - first + 1 for first, last in payload["ranges"])
            what = f"{emptied} entries emptied after {payload['days']} days"
        elif entry.kind == "signature":
            what = f"Report of {payload['entries']} entries signed, SHA-256 {payload['report_sha256']}"
        elif entry.kind == "correction":
            seconds = (payload["until_us"] - payload["at_us"]) // 1_000_000
            what = f"Viewers were told for {seconds} s: {payload['text']}"
        elif entry.kind == "decision" and "finding_id" not in payload:
            what = _KEYS.get(payload["kind"], str(payload["kind"])).format(
                seconds=f"{payload.get('amount_ms', 0) / 1000:g}"
            )
        else:
            continue
        acts.append(Act(entry.seq, entry.kind, payload["wall_us"], payload.get("name") or payload.get("by"), what))
    return acts


def _files(told: Told) -> list[SoundFile]:
    return [
        msgspec.convert(file, SoundFile)
        for entry, payload in told
        if entry.kind == "sound"
        for file in payload["files"]
    ]
