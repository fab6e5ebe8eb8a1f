"""How exactly the gate cuts: where the mute begins and ends, what is left inside it, and what stays untouched.

``uv run python -m bench.gate_accuracy``. A voice-like sound (low-passed noise, coded as AAC by FFmpeg) goes through one
air line in virtual time, silenced at random places (the seed is printed); what aired is decoded as a viewer's
player would, and set against the decoding of the source.

- ``edge_ms``: the fade outside a span is a straight line that reaches nothing at the span's edge. A line is fitted to
  the gain of what aired, and where it reaches nothing is compared with the span's edge: the worst of all edges.
- ``inside_dbfs``: the loudest RMS over any 5 ms inside a span, from 5 ms after its start to 5 ms before its end.
- ``untouched_bit_exact``: every AAC packet that is not within one frame of a span is on air byte for byte.

``edge_ms`` and ``inside_dbfs`` are also given for full re-encoding, measured in the same run.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from tests.media.lines import VirtualAir
from tests.media.packets import aired_packets
from tests.media.sources import SAMPLE_RATE_HZ, Source, source_of

from tallylight.foundation.clock import samples_to_us
from tallylight.media.bleep import SILENCE
from tallylight.media.release_policy import WithheldSpan
from tallylight.media.sound import AAC_FRAME_SAMPLES, SoundDecoder

SECONDS = 28
FADE = 240
FIVE_MS = 240
Mono = NDArray[np.float64]


def voice_like(seed: int) -> Source:
    """Noise below 4 kHz at about -12 dBFS, swelling and fading as speech does."""
    rng = np.random.default_rng(seed)
    count = SECONDS * SAMPLE_RATE_HZ
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum[np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ) > 4_000] = 0
    sound = np.fft.irfft(spectrum, count)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * np.arange(count) / SAMPLE_RATE_HZ)
    sound = (sound / np.abs(sound).max() * swell * 0.9).astype(np.float32)
    return source_of(np.stack([sound, sound]))


def random_spans(rng: random.Random) -> list[tuple[int, int]]:
    """(first sample, end), apart from each other by at least 0.4 s."""
    spans: list[tuple[int, int]] = []
    at = SAMPLE_RATE_HZ
    while True:
        start = at + rng.randrange(SAMPLE_RATE_HZ // 2)
        end = start + rng.randrange(2_400, 40_000)
        at = end + 20_000
        if at > (SECONDS - 2) * SAMPLE_RATE_HZ:
            return spans
        spans.append((start, end))


def played(source: Source, spans: list[tuple[int, int]], *, selective: bool) -> tuple[Mono, VirtualAir]:
    """What a viewer hears, from sample 0 of the broadcast's clock."""
    folder = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    air = VirtualAir(folder, selective=selective)
    air.line.gate.policy = replace(air.line.gate.policy, filling=SILENCE)
    air.configure(source)
    origin_us = air.clock.now_us()
    for start, end in spans:
        start_us, end_us = (origin_us + samples_to_us(at, SAMPLE_RATE_HZ) for at in (start, end))
        air.line.gate.withhold(WithheldSpan(UUID(int=start), start_us, end_us, "bleep"))
    air.push(source.messages)
    air.leave()
    air.drain()
    assert air.watcher.opened[0].origin_us == origin_us
    aired = air.aired()
    shutil.rmtree(folder, ignore_errors=True)
    return np.nan_to_num(aired.sound).astype(np.float64), air


def decoded(source: Source) -> tuple[Mono, list[bytes]]:
    """The source's own sound and its packets, one after another from sample 0."""
    decoder = SoundDecoder(source.asc, SAMPLE_RATE_HZ)
    packets = [message.payload[2:] for message in source.messages if message.kind == "audio"]
    return np.concatenate([decoder.decode(packet)[0] for packet in packets]).astype(np.float64), packets


def edge_errors(heard: Mono, sent: Mono, spans: list[tuple[int, int]]) -> list[float]:
    """Samples by which each edge is off; the span's own edges are where the fade reaches nothing."""
    errors = []
    for start, end in spans:
        for edge, rising in ((start, False), (end - 1, True)):
            at = np.arange(edge + 24, edge + FADE - 24) if rising else np.arange(edge - FADE + 24, edge - 24)
            # y = (a + b (t - edge)) x, least squares: each sample counts by its loudness.
            x, t = sent[at], (at - edge).astype(np.float64)
            (a, b), *_ = np.linalg.lstsq(np.stack([x, t * x], axis=1), heard[at], rcond=None)
            errors.append(abs(-a / b))
    return errors


def loudest_inside(heard: Mono, spans: list[tuple[int, int]]) -> float:
    """dBFS."""
    loudest = 0.0
    for start, end in spans:
        for at in range(start + FIVE_MS, end - 2 * FIVE_MS + 1, 48):
            loudest = max(loudest, float(np.sqrt(np.mean(np.square(heard[at : at + FIVE_MS])))))
    return 20 * float(np.log10(max(loudest, 1e-10)))


def untouched(air: VirtualAir, packets: list[bytes], spans: list[tuple[int, int]]) -> tuple[bool, int, int]:
    """Whether all packets away from spans aired byte for byte; how many did, of how many."""
    aired = dict(aired_packets(air))
    touched, carrying = set[int](), set[int]()
    for start, end in spans:
        first, last = (start - FADE) // AAC_FRAME_SAMPLES, (end + FADE) // AAC_FRAME_SAMPLES
        touched |= set(range(first - 1, last + 2))
        carrying |= set(range(first - 1, last + 1))
    whole = [index for index in range(len(packets) - 1) if index not in touched]
    same = [index for index in whole if aired.get(index * AAC_FRAME_SAMPLES) == packets[index]]
    leaked = [index for index in carrying if aired.get(index * AAC_FRAME_SAMPLES) == packets[index]]
    if leaked:
        print(f"{len(leaked)} packets that carry withheld sound aired", file=sys.stderr)
    return same == whole and not leaked, len(same), len(packets)


def main(seed: int) -> None:
    source = voice_like(seed)
    spans = random_spans(random.Random(seed))
    sent, packets = decoded(source)
    heard, air = played(source, spans, selective=True)
    full, _ = played(source, spans, selective=False)
    exact, same, count = untouched(air, packets, spans)
    errors, errors_full = edge_errors(heard, sent, spans), edge_errors(full, sent, spans)
    figures = {
        "seed": seed,
        "spans": len(spans),
        "edge_ms": round(max(errors) / 48, 3),
        "edge_ms_median": round(float(np.median(errors)) / 48, 3),
        "inside_dbfs": round(loudest_inside(heard, spans), 1),
        "untouched_bit_exact": exact,
        "packets_as_they_came": same,
        "packets": count,
        "full_edge_ms": round(max(errors_full) / 48, 3),
        "full_inside_dbfs": round(loudest_inside(full, spans), 1),
    }
    print(json.dumps({"bench": "gate_accuracy", "figures": figures, "ratios": {}}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=5)
    main(parser.parse_args().seed)
