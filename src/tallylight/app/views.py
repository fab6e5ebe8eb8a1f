"""What the API answers: the shapes that front end and back end agree on, field by field.

Money is ``{minor, currency}``, ids are UUID strings, ``_us`` is microseconds of programme time unless the name says
``wall``.
"""

from typing import Any, Literal
from uuid import UUID

import msgspec

from tallylight.audience.types import ChatLine
from tallylight.catalogue.schemas import Product
from tallylight.checkout.schemas import OrderLine, OrderTotals
from tallylight.deals.schemas import DealBudget, DealView
from tallylight.media.store.pusher import StoreStatus
from tallylight.members.types import Membership, Person
from tallylight.shows.types import CueKind, PaidHost, ShowState


class ShopCard(msgspec.Struct, frozen=True):
    slug: str
    name: str
    accent: str


class ShowCard(msgspec.Struct, frozen=True):
    """A show in a list; ``cover``: a product picture."""

    id: UUID
    slug: str
    title: str
    host_name: str
    state: ShowState
    starts_at: str | None
    shop: ShopCard
    cover: str | None


class ShowList(msgspec.Struct, frozen=True):
    shows: list[ShowCard]


class ShopView(msgspec.Struct, frozen=True):
    id: UUID
    slug: str
    name: str
    accent: str
    currency: str


class BroadcastView(msgspec.Struct, frozen=True):
    """``hls_url``: the media playlist on the media port; ``replay_url`` once it is over."""

    id: UUID
    started_us: int
    ended_us: int | None
    hls_url: str
    replay_url: str | None


class Moment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds from ``at_us`` on; the player folds moments up to the frame on screen."""

    at_us: int
    type: Literal["pin", "unpin", "deal.opened", "deal.ended"]
    product_id: UUID | None = None
    deal: DealView | None = None
    deal_id: UUID | None = None


class CaptionView(msgspec.Struct, frozen=True):
    start_us: int
    end_us: int
    text: str


class CorrectionView(msgspec.Struct, frozen=True):
    """A card that tells viewers what is right, on the frames from ``at_us`` until ``until_us``."""

    id: UUID
    text: str
    at_us: int
    until_us: int


class PositionView(msgspec.Struct, frozen=True):
    """Where the event stream goes on from: ``snapshot + events after this = a fresh fetch``."""

    epoch: UUID
    offset: int


class ShowView(msgspec.Struct, frozen=True):
    """Everything that the viewer page needs to begin."""

    id: UUID
    slug: str
    title: str
    host_name: str
    host_is_paid: bool
    state: ShowState
    starts_at: str | None
    shop: ShopView
    delay_ms: int
    broadcast: BroadcastView | None
    products: list[Product]
    moments: list[Moment]
    chat: list[ChatLine]
    captions: list[CaptionView]
    corrections: list[CorrectionView]
    viewers: int
    channel: PositionView
    server_now_us: int


class Me(msgspec.Struct, frozen=True):
    """The signed-in person; ``csrf_token`` goes into the header X-CSRF-Token of every change."""

    person: Person
    csrf_token: str
    memberships: list[Membership]


class WordView(msgspec.Struct, frozen=True):
    text: str
    start_us: int
    end_us: int


class CueView(msgspec.Struct, frozen=True):
    id: UUID
    position: int
    kind: CueKind
    label: str
    line: str
    product_id: UUID | None
    deal_id: UUID | None
    fired_us: int | None


class IngestView(msgspec.Struct, frozen=True):
    video: str
    audio: str
    width: int
    height: int
    fps_x100: int
    bitrate_kbps: int


class GateStatus(msgspec.Struct, frozen=True):
    """The gate as it last reported. ``delay_ms`` slides to ``delay_wanted_ms`` when it was changed on air.

    ``needed_ms``: the longest phrase and the recogniser's lag (p95) together; ``roomy``: the delay is that long.
    ``store``: how pushing to the viewers' store stands, where the installation has one.
    """

    state: Literal["off", "filling", "safe", "late", "covered", "panic", "reconnecting"]
    delay_ms: int
    programme_us: int
    judged_us: int
    released_us: int
    speech_lag_ms: int
    ingest: IngestView | None
    message: str | None
    delay_wanted_ms: int | None = None
    delay_planned_ms: int | None = None
    needed_ms: int | None = None
    roomy: bool | None = None
    coughing: bool = False
    picture_covered: bool = False
    store: StoreStatus | None = None


class DecisionView(msgspec.Struct, frozen=True):
    """A person's decision; ``by`` is their name."""

    kind: Literal["clear", "bleep", "cover"]
    by: str
    at_wall_us: int
    person_id: UUID | None = None


class FindingView(msgspec.Struct, frozen=True):
    """A phrase that the rules stopped or noted; ``decide_by_wall_us``: when the desk's time is up."""

    id: UUID
    rule: str
    rule_title: str
    verdict: Literal["note", "hold", "block"]
    quote: str
    start_us: int
    end_us: int
    reason: str
    citation: str
    facts: dict[str, Any]
    say_instead: str | None
    decide_by_wall_us: int
    action: Literal["bleep", "cover", "none"]
    decision: DecisionView | None
    outcome: Literal["bleeped", "covered", "cleared", "late"] | None


class DisclosureShownView(msgspec.Struct, frozen=True):
    """Of ``asked`` players it can be read on ``shown``. ``confirmed``: those are enough to count as shown."""

    asked: int
    shown: int
    confirmed: bool


class ControlView(msgspec.Struct, frozen=True):
    """Everything that the control room needs to begin."""

    show: ShowView
    words: list[WordView]
    findings: list[FindingView]
    gate: GateStatus
    cues: list[CueView]
    deals: list[DealBudget]
    orders: list[OrderLine]
    totals: OrderTotals
    programme_url: str | None
    paid: PaidHost
    disclosure_due_us: int | None
    """By when the host must say again that they are paid, once reminded; None: nothing is due."""
    disclosure_shown: DisclosureShownView | None
    """On how many players' screens that can be read; None: nobody was asked in the last half minute."""
    channel: PositionView
    server_now_us: int
