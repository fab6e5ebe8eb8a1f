#!/usr/bin/env python3
"""Checks an evidence report with nothing but Python's standard library. Usage: python3 verify.py [FOLDER]

FOLDER holds report.json and the sounds beside it (default: where this file lies). It recomputes every hash from
report.json itself, and prints what holds and what does not; exit code 1 when something does not.
It shares no code with the program that wrote the report, so that neither has to be trusted for the other.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

Entry = Dict[str, Any]
Chain = List[Entry]

REDACTABLE = {"transcript", "finding", "decision", "promise", "disclosure", "script", "script.line"}
failures = 0


def say(holds: bool, what: str) -> None:
    global failures
    failures += int(not holds)
    print(("holds   " if holds else "BROKEN  ") + what)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry_hash(previous: str, broadcast_id: str, entry: Entry) -> str:
    body = {name: entry[name] for name in ("at_us", "kind", "recorded_us", "seq")}
    body["broadcast_id"] = broadcast_id
    if entry["format"] == 1:
        body["payload"] = entry["payload"]
    else:
        body["format"] = entry["format"]
        body["payload_sha256"] = entry["payload_sha256"]
    return sha256(bytes.fromhex(previous) + canonical(body))


def commitment(entry: Entry) -> str:
    return sha256(bytes.fromhex(entry["salt"] or "") + canonical(entry["payload"]))


def check_chain(broadcast_id: str, chain: Chain) -> Optional[Tuple[int, str]]:
    """The first entry that does not hold and why, or None."""
    previous = "00" * 32
    emptied: Dict[int, Chain] = {}
    for number, entry in enumerate(chain, 1):
        if entry["seq"] != number:
            return number, "an entry is missing or out of place"
        if entry["payload"] is None:
            if entry["kind"] not in REDACTABLE or not entry["redacted_by"] or entry["redacted_by"] <= number:
                return number, "its content was removed, and no retention act says so"
            emptied.setdefault(entry["redacted_by"], []).append(entry)
        elif entry["redacted_by"] is not None:
            return number, "it says that its content was removed, and holds content"
        elif entry["format"] == 2 and commitment(entry) != entry["payload_sha256"]:
            return number, "its content was changed"
        if entry["format"] not in (1, 2):
            return number, "its format is unknown"
        sealed_only = entry["format"] == 1 and entry["payload"] is None
        if not sealed_only and entry_hash(previous, broadcast_id, entry) != entry["hash"]:
            return number, "it does not follow from the entry before it, or was changed"
        previous = entry["hash"]
        if entry["kind"] == "retention":
            gone = emptied.pop(number, [])
            named = [seq for first, last in entry["payload"]["ranges"] for seq in range(first, last + 1)]
            left = [[each[key] for key in ("seq", "kind", "at_us", "recorded_us", "hash")] for each in gone]
            if named != [each["seq"] for each in gone] or sha256(canonical(left)) != entry["payload"]["sealed"]:
                return number, "this retention act does not fit the entries that it emptied"
    if emptied:
        return min(each["seq"] for gone in emptied.values() for each in gone), "emptied without a retention act"
    return None


def seal(broadcast_id: str, chain: Chain) -> Entry:
    kinds: Dict[str, int] = {}
    outcomes: Dict[str, int] = {}
    for entry in chain:
        kinds[entry["kind"]] = kinds.get(entry["kind"], 0) + 1
        if entry["kind"] == "aired" and entry["payload"] is not None:
            outcome = str(entry["payload"].get("outcome"))
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    head = chain[-1]["hash"] if chain else "00" * 32
    body = {"broadcast_id": broadcast_id, "entries": len(chain), "head": head, "kinds": kinds, "outcomes": outcomes}
    return dict(body, sha256=sha256(canonical(body)))


def payloads(chain: Chain, kind: str) -> List[Entry]:
    return [entry["payload"] for entry in chain if entry["kind"] == kind and entry["payload"] is not None]


def told_findings(chain: Chain) -> Dict[str, Any]:
    """What the chain says of each finding, in the report's own words."""
    ruled = {each["finding_id"]: each for each in payloads(chain, "decision") if "finding_id" in each}
    aired = {each["id"]: each["outcome"] for each in payloads(chain, "aired")}
    told: Dict[str, Any] = {}
    for each in (payload["finding"] for payload in payloads(chain, "finding")):
        ruling = ruled.get(each["id"])
        who = None
        if ruling is not None:
            who = [ruling["kind"], "person", ruling["name"], ruling["wall_us"]]
        elif each["id"] in aired:
            who = ["clear" if each["action"] == "none" else each["action"], "policy", None, None]
        keys = ("rule", "rule_title", "verdict", "quote", "start_us", "end_us", "reason", "citation", "facts")
        told[each["id"]] = [{key: each[key] for key in keys}, who, aired.get(each["id"])]
    return told


def reported_findings(report: Entry) -> Dict[str, Any]:
    told = {}
    for each in report["findings"]:
        decision = each["decision"]
        who = None if decision is None else [decision[key] for key in ("kind", "by", "name", "wall_us")]
        keys = ("rule", "rule_title", "verdict", "quote", "start_us", "end_us", "reason", "citation", "facts")
        told[each["id"]] = [{key: each[key] for key in keys}, who, each["outcome"]]
    return told


def check_signatures(broadcast_id: str, chain: Chain) -> None:
    for entry in chain:
        if entry["kind"] != "signature" or entry["payload"] is None:
            continue
        signed = entry["payload"]
        fits = signed["entries"] < entry["seq"]
        fits = fits and seal(broadcast_id, chain[: signed["entries"]])["sha256"] == signed["seal_sha256"]
        say(fits, "signature of %s over the first %d entries" % (signed["name"], signed["entries"]))


def check_files(folder: Path, report: Entry) -> None:
    gone = any(entry["kind"] == "retention" for entry in report["chain"])
    for listed in report["files"]:
        path = folder / listed["file"]
        if Path(listed["file"]).is_absolute() or ".." in Path(listed["file"]).parts:
            say(False, "file %r lies outside the bundle" % listed["file"])
        elif not path.is_file():
            say(gone, "file %s %s" % (listed["file"], "was deleted under retention" if gone else "is missing"))
        else:
            say(sha256(path.read_bytes()) == listed["sha256"], "file " + listed["file"])


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    path = folder / "report.json" if folder.is_dir() else folder
    try:
        raw = path.read_bytes()
        report = json.loads(raw)
        assert report["format"] == "tallylight.report/1", "this is a report of a format that is unknown here"
        chain = report["chain"]
    except (OSError, ValueError, KeyError, AssertionError) as error:
        print("BROKEN  %s cannot be read: %s" % (path, error))
        return 1
    say(canonical(report) + b"\n" == raw, "report.json is canonical, SHA-256 " + sha256(raw))
    if chain is None:
        print("        a rehearsal has no chain: nothing aired")
        return 1 if failures else 0
    broadcast_id = report["subject"]["broadcast_id"]
    try:
        broken = check_chain(broadcast_id, chain)
        say(broken is None, "chain of %d entries" % len(chain) + (" at entry %d: %s" % broken if broken else ""))
        for entry in chain:
            if entry["kind"] == "retention" and broken is None:
                print("        entry %d emptied %s" % (entry["seq"], entry["payload"]["ranges"]))
        say(seal(broadcast_id, chain) == report["seal"], "head and counts of the entries")
        say(told_findings(chain) == reported_findings(report), "findings, decisions and outcomes are the chain's")
        words = [word for each in payloads(chain, "transcript") for word in each["words"]]
        words.sort(key=lambda word: (word["start_us"], word["end_us"]))
        text = " ".join(line["text"] for line in report["lines"])
        say(text == " ".join(word["text"] for word in words), "the transcript is the chain's")
        files = [each for payload in payloads(chain, "sound") for each in payload["files"]]
        say(files == report["files"], "the list of sounds is the chain's")
        check_signatures(broadcast_id, chain)
        check_files(path.parent, report)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        say(False, "something in it is not of the shape that a report has: %r" % error)
    print("\nEverything holds." if not failures else "\n%d of these do not hold." % failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
