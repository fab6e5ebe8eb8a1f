"""A million hostile publishers: damaged RTMP sessions against the server's connection with a real ingest behind it.

``python -m bench.rtmp_fuzz [--inputs N] [--seed S]``. It fails, naming the seed, when a session raises, leaves
something behind, takes longer than INPUT_S_MAX, or when memory grows: after WARM_UP inputs the resident set may grow
by no more than GROWTH_BYTES_MAX until the end.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import time
from pathlib import Path

import structlog
from tests.media.fuzzing import Fuzz, session, sources

INPUT_S_MAX = 2.0
WARM_UP = 50_000
GROWTH_BYTES_MAX = 32 << 20
REPORT_EVERY = 50_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def fuzz(inputs: int, first_seed: int) -> dict[str, float | int]:
    harness = Fuzz()
    made_of = sources()
    began = time.monotonic()
    slowest_s, sent_bytes = 0.0, 0
    warm = resident_bytes()
    for number in range(inputs):
        chance = random.Random(first_seed + number)
        pieces = session(chance, chance.choice(made_of))
        sent_bytes += sum(map(len, pieces))
        before = time.monotonic()
        try:
            await harness.run(pieces)
        except BaseException:
            print(f"seed {first_seed + number} breaks the server", file=sys.stderr)
            raise
        slowest_s = max(slowest_s, time.monotonic() - before)
        if number == min(WARM_UP, inputs // 2):
            warm = resident_bytes()
        if number % REPORT_EVERY == REPORT_EVERY - 1:
            rate = number / (time.monotonic() - began)
            print(f"{number + 1} sessions, {rate:.0f}/s, {resident_bytes() >> 20} MiB", file=sys.stderr)
    return {
        "inputs": inputs,
        "first_seed": first_seed,
        "published": harness.accepted,
        "sent_mib": sent_bytes >> 20,
        "slowest_ms": round(slowest_s * 1000, 1),
        "growth_kib": (resident_bytes() - warm) >> 10,
        "inputs_per_second": round(inputs / (time.monotonic() - began)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = asyncio.run(fuzz(chosen.inputs, chosen.seed))
    print(json.dumps({"bench": "rtmp_fuzz", "figures": figures, "ratios": {"crashes_and_hangs": 0}}))
    if figures["slowest_ms"] > INPUT_S_MAX * 1000:
        raise SystemExit("a session took too long")
    if figures["growth_kib"] > GROWTH_BYTES_MAX >> 10:
        raise SystemExit("memory grows")


if __name__ == "__main__":
    main()
