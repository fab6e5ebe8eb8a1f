"""Values of the shows room. Times: ``_us`` is microseconds; programme time unless its comment says wall time."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.ids import BroadcastId, CueId, DealId, PersonId, ProductId, ShopId, ShowId

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A show's address: /watch/{slug}."""

CueKind = Literal["pin", "unpin", "deal", "note"]
GateKind = Literal[
    "clear", "bleep", "cover", "panic", "uncover", "end", "dump", "cough", "cough_end", "cover_picture", "delay"
]
"""clear, bleep, cover: a finding's words. The others are about the whole programme; ``dump`` (how far back) and
``delay`` (the new one) come with an amount."""
ShowState = Literal["scheduled", "live", "ended"]


class Broadcast(msgspec.Struct, frozen=True):
    """One time that a show went out; ``ended_us`` None: on air now."""

    id: BroadcastId
    show_id: ShowId
    delay_ms: int
    started_us: int
    ended_us: int | None


class Show(msgspec.Struct, frozen=True):
    """A show as planned. ``host_name``: as viewers read it; ``host_person_id`` None: a guest, known by it alone."""

    id: ShowId
    shop_id: ShopId
    slug: str
    title: str
    host_name: str
    host_is_paid: bool
    creator_commission_bps: int
    market: str
    delay_ms: int
    fail_open: bool
    hold_policy: Literal["bleep", "clear"]
    starts_at: datetime | None
    host_person_id: PersonId | None = None


class Cue(msgspec.Struct, frozen=True):
    """A line of the run of show; ``fired_us``: when it was last fired, programme time."""

    id: CueId
    position: int
    kind: CueKind
    label: str
    line: str
    product_id: ProductId | None
    deal_id: DealId | None
    fired_us: int | None = None


class Firing(msgspec.Struct, frozen=True):
    """A cue that was fired: what holds from ``at_us`` on."""

    kind: CueKind
    product_id: ProductId | None
    deal_id: DealId | None
    at_us: int


class GateCommand(msgspec.Struct, frozen=True):
    """What the desk asked of the gate. Ids grow; ``given_us`` is wall time. ``span``: the finding's words in programme
    time, for a gate that was not asked to withhold them.
    """

    id: int
    show_id: ShowId
    kind: GateKind
    finding_id: UUID | None
    given_us: int
    span: tuple[int, int] | None = None
    amount_ms: int | None = None


def state_of(latest: Broadcast | None) -> ShowState:
    """A show's state follows from its latest broadcast alone."""
    if latest is None:
        return "scheduled"
    return "live" if latest.ended_us is None else "ended"


PaidHow = Literal["commission", "fee", "goods", "employed"]


class Contract(msgspec.Struct, frozen=True):
    """What a creator is paid for being a shop's host. Wall times; ``until_us`` None: until it is ended.

    ``person_id`` None: a guest, known by ``creator_name`` alone; ``person_name``: what that person is called now.
    """

    id: UUID
    shop_id: ShopId
    creator_name: str
    payer_name: str
    paid_how: PaidHow
    from_us: int
    until_us: int | None
    recorded_us: int
    recorded_by: str | None
    """The person's name; None: the installation's operator."""
    person_id: PersonId | None = None
    person_name: str | None = None


class PaidHost(msgspec.Struct, frozen=True):
    """Whether a show's host is paid at a moment, and how that is known.

    ``source``: a person's ruling, a contract in force, or what the show says of itself.
    """

    paid: bool
    source: Literal["ruling", "contract", "show"]
    payer_name: str | None = None
    paid_how: PaidHow | None = None
    reason: str | None = None
    ruled_by: str | None = None
    since_us: int | None = None
