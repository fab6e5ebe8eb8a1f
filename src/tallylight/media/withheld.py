"""What is withheld, and what became of it: the gate's memory of spans and of stretches it covered itself."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from tallylight.foundation.clock import us_to_samples
from tallylight.media.bleep import SampleSpan
from tallylight.media.release_policy import Action, WithheldSpan
from tallylight.media.units import SAMPLE_RATE_HZ

Outcome = Literal["bleeped", "covered", "cleared", "late"]
StretchKind = Literal["late", "panic", "fail_open", "dump", "cough", "covered", "unheard"]
"""late, panic: the gate covers from here on. fail_open: it airs unjudged. By hand: dump covers a stretch that is still
held, cough mutes its sound, covered hides the picture. unheard: sound that nobody could decode, so nobody judged."""
_MUTES: frozenset[StretchKind] = frozenset(("dump", "cough", "unheard"))
_COVERS: frozenset[StretchKind] = frozenset(("dump", "covered"))

SPANS_MAX = 512
REMEMBERED_US = 90_000_000
UNHEARD_GAP_US = 250_000
"""What is heard between two stretches nearer than this is muted with them: scraps of sound, and a record of each."""
_OUTCOMES: dict[Action, Outcome] = {"bleep": "bleeped", "cover": "covered", "none": "cleared"}


@dataclass(frozen=True, slots=True)
class SpanAired:
    """A span has gone by on air; ``late``: part of it had aired before it was handed over (fail open only)."""

    id: UUID
    outcome: Outcome
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class StretchBegan:
    """From programme time ``start_us`` on the gate covers (late, panic) or airs unjudged (fail_open)."""

    kind: StretchKind
    start_us: int


@dataclass(frozen=True, slots=True)
class StretchEnded:
    kind: StretchKind
    start_us: int
    end_us: int


@dataclass(slots=True)
class _Span:
    start_us: int
    end_us: int
    action: Action
    late: bool
    aired: bool = False


class Withheld:
    """Spans by id, and the stretches of the last ``REMEMBERED_US``."""

    def __init__(self) -> None:
        self._spans: dict[UUID, _Span] = {}
        self._stretches: list[tuple[StretchKind, int, int | None]] = []
        self._unheard_told_us = 0

    @property
    def nothing(self) -> bool:
        """True while no span and no stretch is remembered."""
        return not self._spans and not self._stretches

    def add(self, span: WithheldSpan, released_us: int) -> bool:
        """Remember ``span``; False when there is no room. A known id keeps its action (the desk may have spoken)."""
        known = self._spans.get(span.id)
        if known is not None:
            return True
        if sum(not item.aired for item in self._spans.values()) >= SPANS_MAX:
            return False
        late = span.start_us < released_us and not self._covered(span.start_us, min(span.end_us, released_us))
        self._spans[span.id] = _Span(span.start_us, span.end_us, span.action, late)
        return True

    def decide(self, span_id: UUID, action: Action, released_us: int) -> bool:
        """Change what becomes of a span; False when it is unknown or has begun to air."""
        span = self._spans.get(span_id)
        if span is None or span.start_us < released_us:
            return False
        span.action = action
        return True

    def sample_spans(
        self, start_us: int, end_us: int, origin_us: int, *, fill_slates: bool = False
    ) -> list[SampleSpan]:
        """Spans to silence that touch [start_us, end_us), and whether they are filled."""
        return [
            SampleSpan(
                us_to_samples(span.start_us - origin_us, SAMPLE_RATE_HZ),
                us_to_samples(span.end_us - origin_us, SAMPLE_RATE_HZ),
                span.action == "bleep" or fill_slates,
            )
            for span in self._spans.values()
            if span.action != "none" and span.start_us < end_us and start_us < span.end_us
        ] + [
            SampleSpan(
                us_to_samples(began_us - origin_us, SAMPLE_RATE_HZ),
                us_to_samples((end_us if until_us is None else until_us) - origin_us, SAMPLE_RATE_HZ)
                + (until_us is None),
                filled=False,
            )
            for began_us, until_us in self._touching(_MUTES, start_us, end_us)
        ]

    def covers_picture(self, start_us: int, end_us: int) -> bool:
        return any(
            span.action == "cover" and span.start_us < end_us and start_us < span.end_us
            for span in self._spans.values()
        ) or any(self._touching(_COVERS, start_us, end_us))

    def _touching(self, kinds: frozenset[StretchKind], start_us: int, end_us: int) -> list[tuple[int, int | None]]:
        return [
            (began_us, until_us)
            for kind, began_us, until_us in self._stretches
            if kind in kinds and began_us < end_us and (until_us is None or start_us < until_us)
        ]

    def began_us(self, kind: StretchKind) -> int | None:
        """Since when the open stretch of ``kind`` runs."""
        return next((start for one, start, until in self._stretches if one == kind and until is None), None)

    def begin(self, kind: StretchKind, start_us: int) -> StretchBegan:
        self._stretches.append((kind, start_us, None))
        return StretchBegan(kind, start_us)

    def end(self, kind: StretchKind, end_us: int) -> StretchEnded | None:
        """Close the open stretch of ``kind``, if there is one."""
        for index, (open_kind, start_us, until_us) in enumerate(self._stretches):
            if open_kind == kind and until_us is None:
                end_us = max(end_us, start_us)
                self._stretches[index] = (kind, start_us, end_us)
                return StretchEnded(kind, start_us, end_us)
        return None

    def unheard(self, start_us: int, end_us: int) -> StretchBegan | None:
        """Mute a stretch that nobody could hear; None when it goes on from one that is known."""
        for index, (kind, began_us, until_us) in enumerate(self._stretches):
            if kind == "unheard" and until_us is not None and began_us <= start_us <= until_us + UNHEARD_GAP_US:
                self._stretches[index] = (kind, began_us, max(until_us, end_us))
                return None
        self._stretches.append(("unheard", start_us, end_us))
        return StretchBegan("unheard", start_us)

    def aired_clear(self, start_us: int, end_us: int) -> bool:
        """Whether [start_us, end_us) aired, or will air as things stand, without anything withheld in it."""
        if any(
            span.action != "none" and span.start_us < end_us and start_us < span.end_us for span in self._spans.values()
        ):
            return False
        return not any(
            kind not in ("fail_open", "covered") and began_us < end_us and (until_us is None or start_us < until_us)
            for kind, began_us, until_us in self._stretches
        )

    def passed(self, released_us: int) -> list[SpanAired | StretchEnded]:
        """Spans and unheard stretches that ended before ``released_us``, once each; forgets what is long gone."""
        facts: list[SpanAired | StretchEnded] = []
        for span_id, span in self._spans.items():
            if not span.aired and span.end_us <= released_us:
                span.aired = True
                facts.append(SpanAired(span_id, self._outcome(span), span.start_us, span.end_us))
        for kind, began_us, until_us in self._stretches:
            if kind == "unheard" and until_us is not None and self._unheard_told_us < until_us <= released_us:
                facts.append(StretchEnded(kind, began_us, until_us))
        self._unheard_told_us = released_us
        oldest = released_us - REMEMBERED_US
        if any(span.end_us < oldest for span in self._spans.values()):
            self._spans = {key: span for key, span in self._spans.items() if span.end_us >= oldest}
        if self._stretches and self._stretches[0][2] is not None and self._stretches[0][2] < oldest:
            del self._stretches[0]
        return facts

    def _outcome(self, span: _Span) -> Outcome:
        if span.late:
            return "late"
        return "covered" if self._covered(span.start_us, span.end_us) else _OUTCOMES[span.action]

    def _covered(self, start_us: int, end_us: int) -> bool:
        return any(
            kind not in ("fail_open", "covered") and began_us <= start_us and (until_us is None or end_us <= until_us)
            for kind, began_us, until_us in self._stretches
        )
