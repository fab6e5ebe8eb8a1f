"""The arithmetic of the evidence chain: pure, and the whole of what a stranger must do to check one.

An entry's hash is SHA-256 over the previous entry's hash (32 zero bytes before the first) followed by the entry's
canonical JSON: keys sorted by code point, no white space, UTF-8, integers only, so that the bytes are the same after
a round trip through PostgreSQL's jsonb and in any language (RFC 8785 for this subset).

In format 1 that JSON holds the payload itself. In format 2 it holds ``payload_sha256`` = SHA-256(salt + the payload's
canonical JSON), so that what was said can be deleted when its time is over and the chain still verifies; the salt is
deleted with it, because a hash of a short sentence can be guessed. Deletion is itself an entry, of kind "retention":
it names the ranges of entries it emptied and seals what is left of them. An entry that is empty without such an act,
or an act whose seal does not fit, breaks the chain. For format 1 the seal is what vouches for an emptied entry.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

GENESIS = bytes(32)
FORMAT = 2
RETENTION = "retention"
REDACTABLE = frozenset({"transcript", "finding", "decision", "promise", "disclosure", "script", "script.line"})
"""Kinds that hold speech or what it was about. The others (gate, aired, acts, signatures) are kept for good."""


class ChainEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as it is kept. ``payload`` None: emptied by the act at ``redacted_by``. Times: microseconds."""

    seq: int
    format: int
    prev_hash: bytes
    hash: bytes
    kind: str
    at_us: int
    recorded_us: int
    payload: dict[str, Any] | None
    payload_sha256: bytes | None
    salt: bytes | None
    redacted_by: int | None


class BrokenLink(msgspec.Struct, frozen=True):
    """The first entry at which a chain does not hold, and why."""

    seq: int
    reason: str


class Redaction(msgspec.Struct, frozen=True):
    """Entries emptied by one retention act."""

    act_seq: int
    entries: int


def canonical_json(value: object) -> bytes:
    """``value`` as the bytes that are hashed. Raises ValueError for floats: jsonb would not give them back."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def payload_hash(salt: bytes, payload: dict[str, Any]) -> bytes:
    """What a format 2 entry commits to."""
    return hashlib.sha256(salt + canonical_json(payload)).digest()


def entry_hash(broadcast_id: UUID, entry: ChainEntry) -> bytes | None:
    """The SHA-256 that links ``entry`` to the one before; None when what it takes is gone or cannot be hashed."""
    body: dict[str, Any] = {
        "at_us": entry.at_us,
        "broadcast_id": str(broadcast_id),
        "kind": entry.kind,
        "recorded_us": entry.recorded_us,
        "seq": entry.seq,
    }
    if entry.format == 1:
        if entry.payload is None:
            return None
        body["payload"] = entry.payload
    else:
        if entry.payload_sha256 is None:
            return None
        body |= {"format": entry.format, "payload_sha256": entry.payload_sha256.hex()}
    try:
        return hashlib.sha256(entry.prev_hash + canonical_json(body)).digest()
    except ValueError:  # a float can only have come in by tampering
        return None


def seal_of(entries: Iterable[ChainEntry]) -> str:
    """Hex SHA-256 over what is left of ``entries`` once they are emptied, in their order."""
    left = [
        [entry.seq, entry.kind, entry.at_us, entry.recorded_us, entry.hash.hex()]
        for entry in sorted(entries, key=lambda each: each.seq)
    ]
    return hashlib.sha256(canonical_json(left)).hexdigest()


def ranges_of(seqs: Iterable[int]) -> list[list[int]]:
    """Sorted runs ``[first, last]`` of ``seqs``."""
    ranges: list[list[int]] = []
    for seq in sorted(seqs):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    return ranges


class ChainCheck:
    """Walks a chain entry by entry. ``add`` in order, then ``finish``; ``broken`` is the first link that failed."""

    def __init__(self, broadcast_id: UUID) -> None:
        self._broadcast_id = broadcast_id
        self._emptied: dict[int, list[ChainEntry]] = defaultdict(list)
        self.redactions: list[Redaction] = []
        self.entries = 0
        self.head = GENESIS
        self.broken: BrokenLink | None = None

    def add(self, entry: ChainEntry) -> bool:
        """Take the next entry; False once the chain is broken."""
        if self.broken is None:
            reason = self._wrong_with(entry)
            if reason is not None:
                self.broken = BrokenLink(self.entries + 1, reason)
            else:
                self.entries, self.head = entry.seq, entry.hash
                self._acts(entry)
        return self.broken is None

    def finish(self) -> None:
        """No entry follows: whatever is empty must have been emptied by an act that was met."""
        orphans = [entry.seq for entries in self._emptied.values() for entry in entries]
        if orphans and (self.broken is None or min(orphans) < self.broken.seq):
            self.broken = BrokenLink(min(orphans), "its content was removed, and no retention act says so")

    def _wrong_with(self, entry: ChainEntry) -> str | None:
        if entry.seq != self.entries + 1:
            return f"entry {self.entries + 1} is missing"
        if entry.prev_hash != self.head:
            return "does not follow from the entry before it"
        if entry.format not in (1, FORMAT):
            return f"it is of a format that this version does not know: {entry.format}"
        if entry.payload is None:
            return self._wrong_with_emptied(entry)
        if entry.redacted_by is not None:
            return "it says that its content was removed, and holds content"
        if entry.format == FORMAT and not _commits(entry):
            return "its content was changed after it was written"
        if entry.hash != entry_hash(self._broadcast_id, entry):
            return "its content was changed after it was written"
        return None

    def _wrong_with_emptied(self, entry: ChainEntry) -> str | None:
        if entry.redacted_by is None or entry.redacted_by <= entry.seq:
            return "its content was removed, and no retention act says so"
        if entry.kind not in REDACTABLE:
            return f"an entry of the kind {entry.kind!r} is never emptied"
        if entry.format == FORMAT and entry.hash != entry_hash(self._broadcast_id, entry):
            return "it was changed after it was written"
        self._emptied[entry.redacted_by].append(entry)
        return None

    def _acts(self, entry: ChainEntry) -> None:
        if entry.kind != RETENTION or entry.payload is None:
            return
        emptied = self._emptied.pop(entry.seq, [])
        if ranges_of(each.seq for each in emptied) != entry.payload.get("ranges"):
            self.broken = BrokenLink(entry.seq, "this retention act names other entries than were emptied by it")
        elif seal_of(emptied) != entry.payload.get("sealed"):
            self.broken = BrokenLink(entry.seq, "an entry emptied by this retention act was changed")
        else:
            self.redactions.append(Redaction(entry.seq, len(emptied)))


def check_chain(broadcast_id: UUID, entries: Sequence[ChainEntry]) -> ChainCheck:
    """Walk ``entries`` to their end."""
    check = ChainCheck(broadcast_id)
    for entry in entries:
        if not check.add(entry):
            break
    check.finish()
    return check


def _commits(entry: ChainEntry) -> bool:
    if entry.payload is None or entry.salt is None or entry.payload_sha256 is None:
        return False
    try:
        return payload_hash(entry.salt, entry.payload) == entry.payload_sha256
    except ValueError:
        return False


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("evidence holds no floats; write amounts in minor units and times in microseconds")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)
