"""A finding in speech: what was found, and when it was said."""

import msgspec

from tallylight.compliance.types import Found


class SpeechFinding(msgspec.Struct, frozen=True):
    """A finding in programme time."""

    found: Found
    start_us: int
    end_us: int
