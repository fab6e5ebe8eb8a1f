"""Streams: ingest, timeline, delay gate, packaging, recording. Knows streams, not shows.

Invariants
- Muxed but unreleased data is unreachable: the serving map of ``segment_store`` holds only what the gate released.
- A sample is released as it came only when it is older than the delay AND the verdict watermark has passed it (and
  no withheld span covers it). Otherwise it is replaced on time: the gate fails closed.
- What was released, muted or covered stays so: a sample is decided once.
- Programme time rises strictly, across reconnects and timestamp jumps too; sequence numbers never restart.
- Media time is counted in samples and ticks, never in floats.
"""
