"""When the deal ends: durations, hours and days against the live end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tallylight.compliance.annotate import AND_A_PART, DURATION_SECONDS
from tallylight.compliance.compare.said import Comparison, Said, State, state_of
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.word_sets import word_set

_EXTENDED = word_set("extended extend extending extension longer more added")
_WITH_THE_SHOW = timedelta(hours=6)
_SOON_S = 15 * 60
_NOT_SOON_S = 60 * 60


def deadline(said: Said, facts: LiveFacts) -> Comparison:
    """ "Ends in five minutes", "until nine": when the deal really ends."""
    span = said.capture("duration", "clock", "amount")
    words = " ".join(said.words(*span)) if span else ""
    if span is None or facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    shown: dict[str, str | int | bool] = {"deal_ends_at": facts.deal_ends_at, "now": facts.now}
    if facts.deal_extended and not _EXTENDED & {token.text for token in said.text.tokens}:
        return Comparison("contradicted", words, {**shown, "deal_extended": True})
    left = ends - now
    if said.match.capture("duration") is not None:
        meant = duration_of(said.words(*span))
        fits = any(abs(left - each) <= max(timedelta(seconds=20), each / 5) for each in meant)
    else:
        fits = _at_clock(said.words(*span), now, ends.astimezone(now.tzinfo))
    return Comparison(state_of(True, fits), words, shown)


def deadline_tomorrow(said: Said, facts: LiveFacts) -> Comparison:
    """ "Tomorrow it goes back up": the deal ends before the day after tomorrow."""
    words = said.core
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_extended": True})
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    last = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return Comparison(state_of(True, ends <= last), words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})


def deal_ending(said: Said, facts: LiveFacts) -> Comparison:
    """ "Ending soon", "ends tonight": when the deal really ends."""
    words = said.core
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_ends_at": facts.deal_ends_at, "deal_extended": True})
    now, ends = datetime.fromisoformat(facts.now), datetime.fromisoformat(facts.deal_ends_at)
    left_s = int((ends - now).total_seconds())
    spoken = set(said.words(said.match.core_start, said.match.core_end))
    named = "tonight" if spoken & {"night", "tonight"} else "today" if spoken & {"day", "today"} else None
    if named is not None:
        fits = _at_clock([named], now, ends.astimezone(now.tzinfo))
        return Comparison(state_of(True, fits), words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})
    state: State = "fine" if 0 <= left_s <= _SOON_S else "contradicted" if left_s > _NOT_SOON_S else "unknown"
    return Comparison(state, words, {"deal_ends_at": facts.deal_ends_at, "now": facts.now})


def with_the_show(said: Said, facts: LiveFacts) -> Comparison:
    """ "Only during this live": the deal ends within the hours that a show lasts."""
    words = said.core
    if facts.deal_extended:
        return Comparison("contradicted", words, {"deal_extended": True})
    if facts.deal_ends_at is None or facts.now is None:
        return Comparison("unknown", words, {})
    left = datetime.fromisoformat(facts.deal_ends_at) - datetime.fromisoformat(facts.now)
    shown = {"deal_ends_at": facts.deal_ends_at, "now": facts.now}
    return Comparison(state_of(True, left <= _WITH_THE_SHOW), words, shown)


def duration_of(words: Sequence[str]) -> list[timedelta]:
    """What "five minutes", "half an hour", "an hour" may last."""
    whole = words[:-3] if tuple(words[-3:]) in AND_A_PART else words
    unit = whole[-1].removesuffix("s") if whole[-1] not in DURATION_SECONDS else whole[-1]
    second = timedelta(seconds=DURATION_SECONDS[unit])
    if words[0] == "half":
        return [second / 2]
    parts = AND_A_PART.get(tuple(words[-3:]), 0)
    numbers = find_numbers(words)
    if not numbers:
        return [second + (second / parts if parts else timedelta())]
    return [second * float(value) for value in numbers[0].readings]


def _at_clock(words: Sequence[str], now: datetime, ends: datetime) -> bool:
    """Whether ``ends`` is what "nine oclock", "9 pm", "midnight", "tonight" or "today" means at ``now``."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if words[0] == "midnight":
        return abs(ends - midnight) <= timedelta(minutes=5)
    if words[0] in ("tonight", "today"):
        late = timedelta(hours=4) if words[0] == "tonight" else timedelta(minutes=5)
        return now <= ends <= midnight + late
    if words[0] == "tomorrow":
        return midnight < ends <= midnight + timedelta(days=1, minutes=5)
    if words[0] == "noon":
        return ends.hour == 12 and ends.minute == 0 and ends - now <= timedelta(days=1)
    if ":" in words[0]:
        hour, minute = (int(part) for part in words[0].split(":"))
    else:
        values = [int(value) for number in find_numbers(words) for value in number.readings if value < 25]
        if not values:
            return False
        hour, minute = values[0], 0
    hours = {hour % 24, (hour + 12) % 24} if hour <= 12 else {hour % 24}
    if "pm" in words:
        hours = {hour % 12 + 12}
    elif "am" in words:
        hours = {hour % 12}
    said = [ends.replace(hour=each, minute=minute, second=0, microsecond=0) for each in hours]
    return ends - now <= timedelta(days=1) and any(abs(ends - each) <= timedelta(minutes=2) for each in said)
