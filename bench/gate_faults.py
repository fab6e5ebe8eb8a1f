"""Samples aired unreviewed over randomised fault runs in virtual time: none, or the seed that shows how.

``uv run python -m bench.gate_faults [--runs N] [--first SEED]``. Each run is a whole air line, from the publisher's
messages to the bytes that viewers and the recording get, under faults and keys in random order
(``tests/media/fault_run.py`` says which, and what its auditor looks at). The exit code is 1 when a sample got out.
``--broken`` runs the same with a gate that takes everything for judged, to show that the auditor sees it.
"""

import argparse
import json
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter

import structlog
from tests.media.fault_run import FaultRun

from tallylight.media.delay_gate import DelayGate


def one(job: tuple[int, bool]) -> tuple[int, int, int, int, list[str]]:
    """(seed, unreviewed samples, parts, source packets aired, complaints)."""
    seed, broken = job
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if broken:
        DelayGate._judged = lambda *_: True  # type: ignore[method-assign]
    run = FaultRun(seed).play()
    return seed, run.unreviewed_samples, run.parts, run.reviewed_packets, run.complaints


def main(runs: int, first: int, *, broken: bool) -> int:
    began = time.monotonic()
    samples = parts = packets = failed = 0
    kinds: Counter[str] = Counter()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        jobs = ((seed, broken) for seed in range(first, first + runs))
        for seed, unreviewed, aired, passed, complaints in pool.imap_unordered(one, jobs, chunksize=4):
            samples, parts, packets = samples + unreviewed, parts + aired, packets + passed
            if complaints:
                failed += 1
                kinds.update(complaints)
                print(f"seed {seed}: {unreviewed} samples, {dict(Counter(complaints))}", file=sys.stderr)
    print(f"seeds {first} to {first + runs - 1}", file=sys.stderr)
    figures = {
        "runs": runs,
        "first_seed": first,
        "unreviewed_samples": samples,
        "runs_with_a_leak": failed,
        "leaks": dict(kinds),
        "parts_audited": parts,
        "source_packets_audited": packets,
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps({"bench": "gate_faults", "figures": figures, "ratios": {}}))
    return int(samples > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--broken", action="store_true", help="with a gate that takes everything for judged")
    given = parser.parse_args()
    sys.exit(main(given.runs, given.first, broken=given.broken))
