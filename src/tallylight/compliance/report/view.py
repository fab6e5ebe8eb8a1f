"""The document as the PDF shows it: everything already in words, so that the page only lays it out. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from tallylight.compliance.report.document import Document, FindingRecord, LagFigures
from tallylight.foundation.clock import to_datetime

CHAIN_ROWS_MAX = 1_200
_STATES = {
    "clean": ("Clean", "green"),
    "stopped": ("Stopped in time", "green"),
    "cleared": ("Cleared by the desk", "blue"),
    "aired": ("Something aired", "red"),
    "open": ("Not finished", "amber"),
    "emptied": ("Deleted under retention", "grey"),
}
_REHEARSED = {"clean": ("Ready for air", "green"), "stopped": ("Would be stopped", "amber")}
_VERDICTS = {"block": "red", "hold": "amber", "note": "grey"}
_STRETCHES = {
    "late": ("Verdict late: covered", "amber"),
    "panic": ("Covered by hand", "blue"),
    "fail_open": ("Aired unjudged", "red"),
    "dump": ("Dumped by hand", "blue"),
    "cough": ("Muted by hand", "blue"),
    "covered": ("Picture covered by hand", "blue"),
    "unheard": ("Sound not readable: muted", "amber"),
}
_PROMISES = {"kept": "green", "broken": "red", "open": "amber", "unknown": "grey"}


def view_of(document: Document, sha256: str) -> dict[str, Any]:
    """Strings, and places on the timeline in thousandths."""
    subject = document.subject
    end_us = max([subject.ended_us or 0, subject.started_us + 1, *(line.end_us for line in document.lines)])
    scale = Scale(subject.started_us, end_us)
    states = _STATES if document.kind == "broadcast" else _REHEARSED
    state, colour = states.get(document.glance.state, _STATES["open"])
    return {
        "kind": document.kind,
        "title": subject.title or (subject.source or "Broadcast"),
        "shop": subject.shop,
        "state": state,
        "colour": colour,
        "sentence": document.glance.sentence,
        "facts": _cover_facts(document, end_us),
        "counts": _counts(document),
        "strip": {
            "length": duration(end_us - subject.started_us),
            "marks": [_strip_mark(finding, scale) for finding in document.findings],
            "stretches": [
                {
                    "at": scale.at(stretch.start_us),
                    "to": scale.at(stretch.end_us or end_us),
                    "colour": _STRETCHES.get(stretch.kind, ("", "grey"))[1],
                }
                for stretch in document.stretches
            ],
        },
        "findings": [_finding(each, scale) for each in document.findings],
        "lines": [
            {"at": scale.offset(line.start_us), "pieces": list(_pieces(line.text, line.marks))}
            for line in document.lines
        ],
        "stretches": [
            {
                "what": _STRETCHES.get(stretch.kind, (stretch.kind, "grey"))[0],
                "from": scale.offset(stretch.start_us),
                "to": "to the end" if stretch.end_us is None else scale.offset(stretch.end_us),
                "length": "" if stretch.end_us is None else duration(stretch.end_us - stretch.start_us),
            }
            for stretch in document.stretches
        ],
        "lags": [
            row
            for row in (
                _lag("A word is on record after it was spoken", document.lags.recognition),
                _lag("The judged watermark trails the wall clock by", document.lags.watermark),
                _lag("A finding is on record after its last word", document.lags.finding),
            )
            if row is not None
        ],
        "disclosures": _disclosures(document, scale),
        "promises": [
            {
                "quote": each.quote,
                "kind": each.kind,
                "at": scale.offset(each.said_us),
                "until": wall(each.horizon_us)[:10],
                "verdict": each.verdict,
                "colour": _PROMISES.get(each.verdict, "grey"),
                "reason": each.reason or "Nothing to say yet.",
                "facts": facts_in_words(each.facts),
            }
            for each in document.promises
        ],
        "acts": [
            {"seq": act.seq, "wall": wall(act.wall_us), "who": act.name or "retention policy", "what": act.what}
            for act in document.acts
        ],
        "sections": [{"title": each.title, "rows": [list(row) for row in each.rows]} for each in document.sections],
        "files": [
            {"file": each.file, "take": each.take, "at": scale.offset(each.from_us), "sha256": each.sha256}
            for each in document.files
        ],
        "seal": None
        if document.seal is None
        else {"entries": document.seal.entries, "head": document.seal.head, "sha256": document.seal.sha256},
        "chain": list(_chain_rows(document.chain or [])),
        "sha256": sha256,
        "date": wall(subject.started_us)[:10],
    }


class Scale:
    """Programme time against the beginning."""

    def __init__(self, start_us: int, end_us: int) -> None:
        self._start_us, self._end_us = start_us, end_us

    def at(self, us: int) -> int:
        """Thousandths of the whole."""
        return max(0, min(1000, (us - self._start_us) * 1000 // (self._end_us - self._start_us)))

    def offset(self, us: int) -> str:
        return duration(us - self._start_us)


def duration(us: int) -> str:
    """h:mm:ss.t"""
    sign, tenths = ("-" if us < 0 else ""), abs(us) // 100_000
    return f"{sign}{tenths // 36_000}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"


def wall(us: int) -> str:
    """UTC to the second."""
    return to_datetime(us).strftime("%Y-%m-%d %H:%M:%S UTC")


def facts_in_words(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sorted(facts.items()))


def _cover_facts(document: Document, end_us: int) -> list[list[str]]:
    subject, settings = document.subject, document.settings
    paid = {True: ", paid", False: ", not paid", None: ""}[subject.host_is_paid]
    rows = [
        ["Shop", subject.shop or "–"],
        ["Host", f"{subject.host}{paid}" if subject.host else "–"],
        ["Market", subject.market],
        ["Began", wall(subject.started_us)],
        ["Length", duration(end_us - subject.started_us)],
    ]
    if settings is not None:
        rows += [
            ["Delay", f"{settings.delay_ms / 1000:g} s"],
            ["Without a verdict", "airs unjudged (fails open)" if settings.fail_open else "is covered (fails closed)"],
            ["An undecided hold", "is bleeped" if settings.hold_policy == "bleep" else "airs"],
        ]
    if subject.broadcast_id is not None:
        rows.append(["Broadcast", str(subject.broadcast_id)])
    if subject.source is not None:
        rows += [["File", subject.source], ["Its SHA-256", subject.source_sha256 or "–"]]
    return rows


def _counts(document: Document) -> list[list[str]]:
    counts = document.counts
    rows = [[str(counts.blocks), "blocked", "red"], [str(counts.holds), "held", "amber"]]
    if document.kind == "rehearsal":
        return [*rows, [str(counts.notes), "noted", "grey"], [str(counts.words), "words heard", "grey"]]
    return [
        *rows,
        [str(counts.bleeped + counts.covered), "kept from viewers", "green"],
        [str(counts.cleared), "cleared", "blue"],
        [str(counts.late + counts.undecided), "late or open", "grey"],
        [str(counts.notes), "noted", "grey"],
    ]


def _strip_mark(finding: FindingRecord, scale: Scale) -> dict[str, Any]:
    return {"at": scale.at(finding.start_us), "colour": _VERDICTS[finding.verdict], "number": finding.number}


def _finding(finding: FindingRecord, scale: Scale) -> dict[str, Any]:
    decision = finding.decision
    when = "" if decision is None or decision.wall_us is None else f", {wall(decision.wall_us)}"
    if decision is None:
        ruling = "none yet"
    elif decision.by == "policy":
        ruling = f"{decision.kind}, by policy{when}"
    else:
        ruling = f"{decision.kind}, by {decision.name}{when}"
    return {
        "number": finding.number,
        "at": scale.offset(finding.start_us),
        "wall": wall(finding.start_us),
        "rule": finding.rule,
        "title": finding.rule_title,
        "verdict": finding.verdict,
        "colour": _VERDICTS[finding.verdict],
        "quote": finding.quote,
        "reason": finding.reason,
        "citation": finding.citation,
        "facts": facts_in_words(finding.facts) or "none compared",
        "instead": finding.say_instead or "",
        "decision": ruling,
        "outcome": finding.outcome or ("–" if finding.verdict == "note" else "open"),
        "sounds": finding.sounds,
    }


def _pieces(text: str, marks: Sequence[Any]) -> Iterator[list[str]]:
    """The line as [text, colour or "", finding's number or ""], in order; overlapping marks show the first."""
    at = 0
    for mark in sorted(marks, key=lambda each: (each.first, each.end)):
        if mark.first < at:
            continue
        if mark.first > at:
            yield [text[at : mark.first], "", ""]
        yield [text[mark.first : mark.end], _VERDICTS[mark.verdict], str(mark.finding)]
        at = mark.end
    if at < len(text):
        yield [text[at:], "", ""]


def _lag(what: str, figures: LagFigures | None) -> list[str] | None:
    if figures is None:
        return None
    seconds = [f"{value / 1000:.2f} s" for value in (figures.p50_ms, figures.p95_ms, figures.max_ms)]
    return [what, *seconds, str(figures.samples)]


def _disclosures(document: Document, scale: Scale) -> dict[str, Any]:
    found = document.disclosures
    gap = "" if found.longest_gap_us is None else duration(found.longest_gap_us)
    return {
        "required": "The host is paid and must say so." if found.required else "The host is not known to be paid.",
        "given": [[scale.offset(each.at_us), each.how, each.what] for each in found.given],
        "reminders": str(found.reminders),
        "gap": gap,
    }


def _chain_rows(chain: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Entry by entry, runs of transcript in one row; beyond CHAIN_ROWS_MAX the JSON has the rest."""
    rows = 0
    at = 0
    while at < len(chain):
        if rows == CHAIN_ROWS_MAX:
            yield [f"{chain[at]['seq']}–{chain[-1]['seq']}", "in the JSON", "", chain[-1]["hash"]]
            return
        end = at
        while end + 1 < len(chain) and _runs_on(chain[at], chain[end + 1]):
            end += 1
        first, last = chain[at], chain[end]
        seqs = str(first["seq"]) if at == end else f"{first['seq']}–{last['seq']}"
        emptied = "" if first["payload"] is not None else f" (emptied by {first['redacted_by']})"
        what = first["kind"]
        if first["kind"] == "gate" and first["payload"] is not None:
            what = f"gate: {first['payload'].get('event')}"
        yield [seqs, what + emptied, wall(last["recorded_us"]), last["hash"]]
        rows += 1
        at = end + 1


def _runs_on(first: dict[str, Any], after: dict[str, Any]) -> bool:
    same = first["kind"] == after["kind"] == "transcript"
    return bool(same and first["redacted_by"] == after["redacted_by"])
