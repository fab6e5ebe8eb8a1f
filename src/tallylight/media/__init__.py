"""Streams: ingest, timeline, delay gate, packaging, recording. Knows streams, not shows.

Invariants: muxed but unreleased data is unreachable; a sample is released only when it is older than the delay AND
the verdict watermark has passed it; media time is counted in samples and ticks, never in floats.
"""
