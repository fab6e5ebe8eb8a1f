"""Hours of two shows through whole lines (ingest, gate, mixer, packager, preview, recordings) in virtual time: is
memory flat?

``python -m bench.soak [--minutes N]``. One minute of source is pushed again and again with stamps that go on, the clock
moved by hand as fast as the machine can follow. A reconnect comes every RECONNECT_MINUTES, and a cover span every
minute. The resident set is read every minute after WARM_UP_MINUTES; its growth is the slope of a least-squares line
through those readings, so that the allocator's breathing does not count.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.media.lines import VirtualAir
from tests.media.sources import make_source

from tallylight.foundation.ids import new_id
from tallylight.media.release_policy import WithheldSpan

SHOWS = 2
WARM_UP_MINUTES = 10
RECONNECT_MINUTES = 15
GROWTH_KIB_AN_HOUR_MAX = 4 << 10
_MINUTE_US = 60_000_000


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 10


def soak(minutes: int, folder: Path) -> dict[str, float | int]:
    source = make_source(60, fps=30, width=320, height=180)
    lines = [VirtualAir(folder / str(number)) for number in range(SHOWS)]
    readings: list[int] = []
    began = time.monotonic()
    for air in lines:
        air.configure(source)
    for minute in range(minutes):
        for air in lines:
            if minute % RECONNECT_MINUTES == RECONNECT_MINUTES - 1:
                air.leave()
                air.configure(source)
            start_us = air.clock.now_us() + 20_000_000
            air.gate.withhold(WithheldSpan(new_id(), start_us, start_us + 1_000_000, "cover"))
            air.push(source.shifted(minute * 60_000), start_ms=minute * 60_000 % 2**32)
            air.watcher.heard.clear()  # the test's own memory, not the line's
            air.watcher.facts.clear()
            air.until(air.clock.now_us() + _MINUTE_US - air.clock.now_us() % _MINUTE_US)
        if minute >= WARM_UP_MINUTES:
            readings.append(resident_kib())
    elapsed_s = time.monotonic() - began
    for air in lines:
        air.line.finish()
        air.line.aired_recorder.finish()
        air.line.original_recorder.finish()
    slope, _ = statistics.linear_regression(range(len(readings)), readings)
    return {
        "media_hours": round(minutes * SHOWS / 60, 2),
        "times_real_time": round(minutes * 60 * SHOWS / elapsed_s, 1),
        "resident_mib_after_warm_up": readings[0] >> 10,
        "resident_mib_at_the_end": readings[-1] >> 10,
        "growth_kib_an_hour": round(slope * 60),
        "segments_lost": sum(air.line.aired_recorder.lost + air.line.original_recorder.lost for air in lines),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=1_440, help="of programme time (default 1440: a day)")
    minutes = parser.parse_args().minutes
    if minutes < WARM_UP_MINUTES + 10:
        raise SystemExit(f"memory is judged over ten minutes at least after {WARM_UP_MINUTES} of warming up")
    folder = Path(tempfile.mkdtemp(prefix="tallylight-soak-"))
    try:
        figures = soak(minutes, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"bench": "soak", "figures": figures, "ratios": {}}))
    if figures["growth_kib_an_hour"] > GROWTH_KIB_AN_HOUR_MAX:
        raise SystemExit("memory grows")


if __name__ == "__main__":
    main()
