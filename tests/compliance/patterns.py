"""The packs without their second opinion, for tests of the patterns and of how words are read."""

from functools import cache

from tallylight.compliance.pack import Pack, load_pack


@cache
def patterns_of(market: str) -> Pack:
    """The pack of ``market``, patterns alone."""
    return load_pack(market).patterns_only()
