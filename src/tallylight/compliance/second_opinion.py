"""A second opinion on what the patterns made of words: what they mean, read beside the facts. Pure.

Patterns know what their writers thought of, and take innocent words for it now and then; hosts say it in other
words. A model that reads the whole sentence, the facts and what the patterns found asks the desk (hold) about words
that no pattern stops. It never blocks alone. Where it is sure enough that a pattern of the pack took innocent words
for guilty ones, a written line's finding becomes a note; where a fact contradicts them it must be surer still that they
are not about that fact at all. Never what a shop wrote itself, never on air.
"""

from collections.abc import Sequence, Set
from itertools import pairwise

import msgspec

from tallylight.compliance.case import Case
from tallylight.compliance.meaning import Named, Opinion
from tallylight.compliance.meaning.opinions import Read, opinion_on, violating_words, without_what_was_judged
from tallylight.compliance.pack import Pack
from tallylight.compliance.tokens import HARD
from tallylight.compliance.types import RANK, Found

# All chosen on three writers that the model was not taught by.
_HOLD_FROM = 0.65
_HOLD_HEARD_FROM = 0.95
_HOLD_EXCUSED_FROM = 0.8
_HOLD_FITTING_FROM = 0.97
NOTE_BELOW = 0.5
"""Below, what a pattern without a known fact would stop is noted."""
NOTE_CONTRADICTED_BELOW = 0.2
"""Below, even words that a fact contradicts are noted: "half off the shoulder" speaks of no price."""
_KIN = (
    frozenset(["R1", "R2", "R3", "R4", "R15", "R19", "R21"]),
    frozenset(["R5", "R6", "R7", "R8"]),
    frozenset(["R10", "R11"]),
)
"""Rules about one thing: what it does to a body, what it costs, how it stands beside others."""


class Seen(msgspec.Struct, frozen=True):
    """Rules whose words were said without breaking them: excused, told as false, or as the facts say."""

    excused: Set[str]
    told_false: Set[str]
    fits: Set[str]


def named_of(found: Sequence[Found], excused: Set[str]) -> list[Named]:
    """What the patterns make of words, for the model of meaning: each finding, and what they saw said and excused."""
    named = [Named(each.rule, each.verdict, bool(each.facts)) for each in found]
    left = sorted(excused - {each.rule for each in found})
    return [*named, *(Named(rule, "excused", contradicted=False) for rule in left)]


def reconsidered(case: Case, pack: Pack, found: list[Found], seen: Seen) -> list[Found]:
    """``found`` after a second opinion: words that no pattern stops are held, innocent ones only noted.

    On air nothing is argued with: speech breaks off anywhere, and beside what went before a stop may look innocent.
    """
    stops = [each for each in found if RANK[each.verdict] >= RANK["hold"]]
    settled = stops and (case.is_heard or not any(each.note_below for each in stops))
    if pack.meaning is None or settled:
        return found
    if stops:
        opinion = opinion_on(_read(case, case.first_fresh, len(case.tokens), found, seen), pack.meaning)
        return found if opinion is None else [_noted(each, opinion) for each in found]
    held: list[Found] = []
    for start, end in _sentences(case):
        held += _held(case, pack, _read(case, start, end, found, seen), seen)
    return [*found, *held]


def _held(case: Case, pack: Pack, read: Read, seen: Seen) -> list[Found]:
    """A finding on a sentence that no pattern stops and that reads as violating."""
    meaning = pack.meaning
    opinion = opinion_on(read, meaning) if meaning is not None else None
    if meaning is None or opinion is None:
        return []
    enough = _hold_from(
        heard=case.is_heard, excused=opinion.rule in seen.excused, fits=case.is_heard and opinion.rule in seen.fits
    )
    if opinion.violating >= enough and read.fresh < case.first_fresh:
        read = without_what_was_judged(read, case.first_fresh, meaning, enough)
        opinion = opinion_on(read, meaning)
    if opinion is None or opinion.violating < enough:
        return []
    start, end, part = violating_words(read, opinion, meaning, enough)
    # A note: corrected at once, or turned down by the shop. "It is a myth that" leaves nothing to argue about.
    noted = {each.rule for each in read.named if each.verdict == "note"}
    if {opinion.rule, part.rule} & {*_akin(seen.told_false), *noted}:
        return []
    return _meant(case, pack, start, end, part)


def _hold_from(*, heard: bool, excused: bool, fits: bool = False) -> float:
    """From here on words that no pattern stops are held.

    ``heard``: speech breaks off anywhere, so it takes more; ``excused``: the patterns saw words of that rule, but
    denied, asked, told as false or otherwise excused, so it takes more still; ``fits``: they saw a figure of that rule
    that a fact says too.
    """
    if fits:
        return _HOLD_FITTING_FROM
    return _HOLD_EXCUSED_FROM if excused else _HOLD_HEARD_FROM if heard else _HOLD_FROM


def _akin(rules: Set[str]) -> set[str]:
    """``rules`` and those that an opinion takes for them: a cure denied is not efficacy claimed."""
    return {*rules, *(rule for kin in _KIN if kin & rules for rule in kin)}


def _read(case: Case, start: int, end: int, found: Sequence[Found], seen: Seen) -> Read:
    """Tokens ``start`` to ``end`` as they are read for their meaning; those before ``start`` were said before."""
    return Read(
        tokens=case.tokens[:end],
        fresh=start,
        cleared=[(span.start, span.end) for span in case.claims],
        products=case.circumstances.products,
        subject=case.circumstances.subject,
        named=named_of(found, seen.excused),
    )


def _noted(found: Found, opinion: Opinion) -> Found:
    if opinion.violating >= found.note_below or RANK[found.verdict] < RANK["hold"]:
        return found
    reason = f"{found.reason} The sentence reads otherwise, {round(opinion.violating * 100)} of 100: noted."
    return msgspec.structs.replace(found, verdict="note", reason=reason)


def _meant(case: Case, pack: Pack, start: int, end: int, opinion: Opinion) -> list[Found]:
    if opinion.rule not in pack.rule_ids:
        return []
    rule = pack.rule(opinion.rule)
    sure = round(opinion.violating * 100)
    reason = f'"{case.quote(start, end)}" reads like this, {sure} of 100: {rule.title}. No pattern names it.'
    finding = case.found(rule, min("hold", rule.severity, key=RANK.__getitem__), start, end, reason)
    return [finding] if finding.last >= case.utterance.context else []


def _sentences(case: Case) -> list[tuple[int, int]]:
    """The runs of tokens that are read for their meaning: what is new, as a whole; of speech, sentence by sentence.

    The first sentence of speech begins before the first new word when that stands inside one.
    """
    tokens, at = case.tokens, case.first_fresh
    if not case.is_heard:
        return [(at, len(tokens))]
    while 0 < at < len(tokens) and not _begins_sentence(case, at):
        at -= 1
    starts = [at, *(place for place in range(at + 1, len(tokens)) if _begins_sentence(case, place))]
    return list(pairwise([*starts, len(tokens)]))


def _begins_sentence(case: Case, at: int) -> bool:
    """A recogniser ends its window with a full stop, whether the sentence is over or not; it goes on in lower case."""
    token = case.tokens[at]
    return token.before == HARD and not case.utterance.words[token.word][:1].islower()
