"""The seal of a chain: its head and the counts of what is in it. A signature covers a seal. Pure."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from tallylight.compliance.chain import GENESIS, ChainEntry, canonical_json
from tallylight.compliance.report.document import Seal


def seal_chain(broadcast_id: UUID, entries: Sequence[ChainEntry]) -> Seal:
    """Only what no retention act ever empties is counted, so that a signature holds after deletion too."""
    kinds = Counter(entry.kind for entry in entries)
    outcomes = Counter(
        str(entry.payload.get("outcome")) for entry in entries if entry.kind == "aired" and entry.payload is not None
    )
    head = entries[-1].hash if entries else GENESIS
    sorted_kinds, sorted_outcomes = dict(sorted(kinds.items())), dict(sorted(outcomes.items()))
    body = {
        "broadcast_id": str(broadcast_id),
        "entries": len(entries),
        "head": head.hex(),
        "kinds": sorted_kinds,
        "outcomes": sorted_outcomes,
    }
    digest = hashlib.sha256(canonical_json(body)).hexdigest()
    return Seal(str(broadcast_id), len(entries), head.hex(), sorted_kinds, sorted_outcomes, digest)
