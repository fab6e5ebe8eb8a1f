"""Values of the claims library."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

ClaimState = Literal["draft", "review", "approved", "rejected", "superseded", "withdrawn"]

WORDING_LENGTH_MAX = 500
WITHIN_S_MAX = 600
WITHIN_S_DEFAULT = 10
"""In the same breath: about as long as a sentence after the claim takes."""
COMMENT_LENGTH_MAX = 2_000
CLAIMS_MAX = 5_000
"""Per shop; a library that nobody can read any more protects nobody."""


class ClaimContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a version says. ``expires_at`` None: it does not expire; ``disclaimer_within_s``: how soon the disclaimer
    has to be spoken, before or after the claim, in seconds.
    """

    wording: str
    disclaimer: str | None = None
    disclaimer_within_s: int | None = None
    expires_at: datetime | None = None
    file_id: UUID | None = None


class ClaimFile(msgspec.Struct, frozen=True):
    """An evidence file: what a claim rests on. ``sha256`` in hex."""

    id: UUID
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    uploaded_at: datetime
    uploaded_by: str


class ClaimVersion(msgspec.Struct, frozen=True):
    """One version. ``revision`` counts its changes: a decision names the one that was read."""

    version: int
    revision: int
    state: ClaimState
    content: ClaimContent
    approved_at: datetime | None
    ended_at: datetime | None
    expired: bool


class ClaimStep(msgspec.Struct, frozen=True):
    """Something that somebody did with a version; ``by`` is a name, empty for the installation's operator."""

    version: int
    step: str
    comment: str
    by: str
    at: datetime


class ClaimCard(msgspec.Struct, frozen=True):
    """A claim in the list: its newest version, and the one in force if that is another."""

    id: UUID
    product_id: UUID | None
    market: str
    latest: ClaimVersion
    in_force: ClaimVersion | None


class ClaimDetail(msgspec.Struct, frozen=True):
    """A claim with everything that was ever said and done about it, newest version first, steps in order."""

    id: UUID
    shop_id: UUID
    product_id: UUID | None
    market: str
    versions: list[ClaimVersion]
    steps: list[ClaimStep]
    files: list[ClaimFile]
