"""The judge: from words and live facts to findings. Pure and deterministic; everything it knows is passed in.

A pattern that matches makes a finding unless its words are denied, asked, told as false, excused by an ``unless``
pattern or inside an approved claim; a pattern with a comparison makes one only when no reading of the words fits
the facts (contradicted) or when nothing is known (held, at most). A finding spans from the first violating word to
the last; how much of the clause around them airs no more is for ``judge_speech`` to say.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from itertools import pairwise
from typing import Literal

import msgspec

from tallylight.compliance.annotate import annotate
from tallylight.compliance.chinese import join_words
from tallylight.compliance.claims import ApprovedClaim, ClaimSpan, claim_spans
from tallylight.compliance.compare import Comparison, Said, compare
from tallylight.compliance.facts import ProductFacts, ShowSubject
from tallylight.compliance.meaning import Named, Opinion
from tallylight.compliance.pack import CompiledPattern, CompiledRule, Pack, PatternData, Rule
from tallylight.compliance.patterns import Annotated, Match, Pattern
from tallylight.compliance.scope import (
    affirmation,
    affirmed_after,
    asked,
    asked_in_clause,
    denied_after,
    disclaimed_but_said,
    negated,
    sentence_end,
    told_as_false,
    unreal,
)
from tallylight.compliance.second_opinion import (
    NOTE_BELOW,
    NOTE_CONTRADICTED_BELOW,
    Read,
    hold_from,
    opinion_on,
    violating_words,
    without_what_was_judged,
)
from tallylight.compliance.tokens import HARD, Token
from tallylight.compliance.word_sets import word_set

Verdict = Literal["clear", "note", "hold", "block"]
RANK: Mapping[str, int] = {"clear": 0, "note": 1, "hold": 2, "block": 3}
_CORRECTION_WORDS = word_set("sorry mean meant correction oops rather wait excuse actually")
_CORRECTABLE = word_set(
    "price amount_named likely_price each total price_under bundle shipping reference likely_reference "
    "cost_elsewhere reference_30d saving saving_30d percentage "
    "percentage_30d stock deadline measure sold_last_hour viewers"
)
_NOT_ARGUED = frozenset(["reference_30d", "saving_30d", "percentage_30d"])
"""The model was taught where the list price is the price before; it cannot tell where that of 30 days is."""
_KIN = (
    frozenset(["R1", "R2", "R3", "R4", "R15", "R19", "R21"]),
    frozenset(["R5", "R6", "R7", "R8"]),
    frozenset(["R10", "R11"]),
)
"""Rules about one thing: what it does to a body, what it costs, how it stands beside others."""
_CORRECTION_REACH = 10
UNLESS_NEAR_TOKENS = 14
"""How far from the words, over sentence ends too, what a rule names as ``unless_near`` still excuses them."""


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """Words to judge. ``gaps_ms``: silence before each word, for speech; None for text.

    ``context``: how many leading words were judged before and only give context; ``question``: the rule that an
    unanswered question of the utterance before would have broken.
    """

    words: tuple[str, ...]
    gaps_ms: tuple[int, ...] | None = None
    context: int = 0
    question: str | None = None


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the words are judged against."""

    products: Sequence[ProductFacts] = ()
    subject: ShowSubject = ShowSubject()
    claims: Sequence[ApprovedClaim] = ()
    strict_rules: frozenset[str] = frozenset()
    """Rules that stopped something in the last 30 s: hosts say it again in other words."""


class Found(msgspec.Struct, frozen=True):
    """One finding on words ``first`` to ``last`` (inclusive indexes into the utterance)."""

    rule: str
    rule_title: str
    verdict: Literal["note", "hold", "block"]
    first: int
    last: int
    quote: str
    reason: str
    citation: str
    facts: Mapping[str, str | int | bool]
    say_instead: str
    note_below: float = 0.0
    """An opinion on meaning less than this, from 0 to 1, makes it a note; 0: nothing does."""


class Judged(msgspec.Struct, frozen=True):
    """The findings, and a question left open for the next utterance to answer."""

    findings: tuple[Found, ...]
    question: str | None = None
    excused: frozenset[str] = frozenset()
    """Rules whose words were said and found denied, asked, told as false or excused."""

    @property
    def verdict(self) -> Verdict:
        worst: Verdict = "clear"
        for finding in self.findings:
            if RANK[finding.verdict] > RANK[worst]:
                worst = finding.verdict
        return worst


def judge(utterance: Utterance, circumstances: Circumstances, pack: Pack) -> Judged:
    """Judge an utterance. Findings lie at least partly on words that are not mere context; they are in order."""
    tokens = pack.read(utterance.words, utterance.gaps_ms)
    if not tokens:
        return Judged((), utterance.question)
    currency = _currency(circumstances) or pack.currency
    text = annotate(tokens, pack, currency, _rivals(circumstances), circumstances.subject.product_names)
    claims = claim_spans([token.text for token in tokens], _claims(circumstances), pack.read)
    case = _Case(utterance, circumstances, tokens, text, claims, {})
    found: list[Found] = []
    question: str | None = None
    excused: set[str] = set()
    told_false: set[str] = set()
    fits: set[str] = set()
    for compiled, pattern in pack.candidates(text.present):
        if pattern.data.strict and compiled.rule.id not in circumstances.strict_rules:
            continue
        for match in pattern.pattern.matches(text):
            finding = _consider(case, compiled, pattern, match)
            if isinstance(finding, Found):
                found.append(finding)
            elif finding == "open question" and RANK[pattern.data.severity or compiled.rule.severity] > 1:
                question = compiled.rule.id
            elif finding == "fits":
                fits.add(compiled.rule.id)
            elif finding in ("excused", "false"):
                excused.add(compiled.rule.id)
                if finding == "false":
                    told_false.add(compiled.rule.id)
    answered = _answer(case, pack)
    if answered is not None:
        found.append(answered)
    merged = _reconsidered(
        case, pack, _merged(_fresh(found, utterance.context), utterance), _Seen(excused, told_false, fits)
    )
    if question is None and answered is None and _still_open(case):
        question = utterance.question
    return Judged(tuple(merged), question, frozenset(excused))


class _Case(msgspec.Struct, frozen=True):
    utterance: Utterance
    circumstances: Circumstances
    tokens: Sequence[Token]
    text: Annotated
    claims: Sequence[ClaimSpan]
    excuses: dict[int, list[Match]]
    """What each ``unless`` pattern that was asked matches, by its identity: many patterns share a rule's excuses."""


class _Seen(msgspec.Struct, frozen=True):
    """Rules whose words were said without breaking them: excused, told as false, or as the facts say."""

    excused: Set[str]
    told_false: Set[str]
    fits: Set[str]


def _consider(case: _Case, compiled: CompiledRule, pattern: CompiledPattern, match: Match) -> Found | str | None:
    """A finding, or why there is none.

    "open question": a yes completes it; "excused"; told as "false"; "fits": a fact says the same; None: all else.
    """
    rule, data, tokens = compiled.rule, pattern.data, case.tokens
    start, end = match.core_start, match.core_end
    if _excused(case, match, pattern.unless if data.firm else (*pattern.unless, *compiled.unless)):
        return "excused"
    if _excused(case, match, compiled.unless_near, UNLESS_NEAR_TOKENS):
        return "excused"
    severity = data.severity or rule.severity
    why = data.say or rule.title
    if data.denied:
        return _denied(case, rule, data, severity, why, match)
    if data.negatable and negated(tokens, match.start, match.end):
        return "excused"
    if told_as_false(tokens, match.start, match.end):
        return "false"
    if unreal(tokens, match.core_start, fact=data.compare is not None):
        return "excused"
    if data.compare is not None and asked_in_clause(tokens, match.start, match.end):
        if affirmed_after(tokens, match.end - 1) is None:
            return None
    elif data.askable and data.compare is None and asked(tokens, match.start, match.end):
        answer = affirmed_after(tokens, match.end - 1)
        if answer is None:
            return "open question" if sentence_end(tokens, match.end - 1) == len(tokens) else None
        # Once the question has been judged, only the answer is left to stop; a question alone says nothing.
        judged = tokens[match.core_start].word < case.utterance.context
        start, end = answer[0] if judged else match.core_start, answer[1]
        why = f"{why}; asked, and answered with yes"
    if data.compare is not None:
        return _compared(case, rule, data, severity, why, match)
    claim = _approved(case, match)
    if claim is not None:
        return _disclaimer_missing(case, rule, claim, start, end)
    if disclaimed_but_said(tokens, match.start, match.end):
        why = f"{why}; denied only to say it"
    reason = f'"{_quote(case, start, end)}": {why}. Not denied, not asked, no approved claim says it.'
    return _found(case, rule, severity, start, end, reason, {}, note_below=NOTE_BELOW if data.arguable else 0)


def _denied(case: _Case, rule: Rule, data: PatternData, severity: str, why: str, match: Match) -> Found | str | None:
    """A pattern whose violation is the denial: "this is not an ad", "is it sponsored? No"."""
    tokens = case.tokens
    question = asked(tokens, match.start, match.end) or tokens[sentence_end(tokens, match.end - 1) - 1].question
    denies = denied_after(tokens, match.end) if question else negated(tokens, match.start, match.end)
    if not denies:
        return None
    if data.compare is not None:
        return _compared(case, rule, data, severity, why, match)
    reason = f'"{_quote(case, match.core_start, match.core_end)}": {why}. Denied, where it is so.'
    return _found(case, rule, severity, match.core_start, match.core_end, reason, {})


def _compared(case: _Case, rule: Rule, data: PatternData, severity: str, why: str, match: Match) -> Found | str | None:
    """A finding; "fits" where a fact says the same; None where nothing is known and that is no matter."""
    said = Said(match, case.text, _is_heard(case))
    name = data.compare or ""
    result = compare(name, said, case.circumstances.products)
    if result.state == "fine":
        return "fits"
    unknown = result.state == "unknown"
    verdict = data.unknown if unknown else severity
    if verdict == "clear" or (unknown and _approved(case, match) is not None):
        return None
    start, end = match.core_start, match.core_end
    arguable = data.arguable and name not in _NOT_ARGUED
    note_below = (NOTE_BELOW if unknown else NOTE_CONTRADICTED_BELOW) if arguable else 0
    if result.state == "contradicted" and _corrected(case, name, match):
        return _found(case, rule, "note", start, end, f'"{result.said}": {why}; corrected at once.', result.facts)
    return _found(case, rule, verdict, start, end, _compared_reason(result, why), result.facts, note_below=note_below)


def _compared_reason(result: Comparison, why: str) -> str:
    if result.state == "unknown":
        return f'"{result.said}": {why}. The fact is not known, so the desk has to say.'
    facts = ", ".join(f"{name.replace('_', ' ')} is {_shown(value)}" for name, value in result.facts.items())
    return f'"{result.said}": {why}. No reading of it fits: {facts}.'


def _approved(case: _Case, match: Match) -> ClaimSpan | None:
    """The approved claim that holds the whole match."""
    return next((span for span in case.claims if span.start <= match.core_start and match.core_end <= span.end), None)


def _shown(value: str | int | bool) -> str:
    """A fact in a sentence: a moment to the second."""
    if isinstance(value, str) and len(value) > len("2026-01-01T00") and value[4:5] == "-" and value[10:11] == "T":
        return datetime.fromisoformat(value).isoformat(" ", "seconds")
    return str(value)


def _corrected(case: _Case, name: str, match: Match) -> bool:
    """Whether the host corrects the figure in the same breath: "nineteen, sorry, I mean twenty four ninety nine"."""
    if name not in _CORRECTABLE:
        return False
    stop = min(len(case.tokens), match.end + _CORRECTION_REACH)
    cues = [at for at in range(match.end, stop) if case.tokens[at].text in _CORRECTION_WORDS]
    if not cues:
        return False
    captured = {cls for cls, _, _ in match.captures}
    kinds = {"money", "amount", "number"} if captured & {"money", "amount", "pricelike"} else captured
    for at in range(cues[0] + 1, stop):
        for kind in kinds:
            for end in case.text.spans[at].get(kind, ()):
                wanted = "amount" if kind == "number" and "money" in kinds else kind
                again = msgspec.structs.replace(match, start=at, end=end, captures=((wanted, at, end),))
                said = Said(again, case.text, _is_heard(case))
                if compare(name, said, case.circumstances.products).state == "fine":
                    return True
    return False


def _disclaimer_missing(case: _Case, rule: Rule, span: ClaimSpan, start: int, end: int) -> Found | None:
    """An approved claim clears; when it needs a disclaimer that was not spoken with it, the desk gets a note."""
    if span.claim.disclaimer is None:
        return None
    disclaimer = ApprovedClaim(span.claim.disclaimer)
    if claim_spans([token.text for token in case.tokens], [disclaimer]):
        return None
    reason = f'Approved claim; its disclaimer was not heard with it: "{span.claim.disclaimer}".'
    return _found(case, rule, "note", start, end, reason, {})


def _answer(case: _Case, pack: Pack) -> Found | None:
    """A yes to a question that the utterance before left open."""
    if case.utterance.question is None:
        return None
    at = next((i for i, token in enumerate(case.tokens) if token.word >= case.utterance.context), None)
    span = affirmation(case.tokens, at) if at is not None else None
    if span is None:
        return None
    rule = pack.rule(case.utterance.question)
    reason = f'"{_quote(case, *span)}" says yes to a question that asks for it: {rule.title}.'
    return _found(case, rule, rule.severity, span[0], span[1], reason, {})


def named_of(found: Sequence[Found], excused: Set[str]) -> list[Named]:
    """What the patterns make of words, for the model of meaning: each finding, and what they saw said and excused."""
    named = [Named(each.rule, each.verdict, bool(each.facts)) for each in found]
    left = sorted(excused - {each.rule for each in found})
    return [*named, *(Named(rule, "excused", contradicted=False) for rule in left)]


def _reconsidered(case: _Case, pack: Pack, found: list[Found], seen: _Seen) -> list[Found]:
    """``found`` after a second opinion: words that no pattern stops are held, innocent ones only noted.

    On air nothing is argued with: speech breaks off anywhere, and beside what went before a stop may look innocent.
    """
    stops = [each for each in found if RANK[each.verdict] >= RANK["hold"]]
    settled = stops and (_is_heard(case) or not any(each.note_below for each in stops))
    if pack.meaning is None or settled:
        return found
    if stops:
        opinion = opinion_on(_read(case, _first_fresh(case), len(case.tokens), found, seen), pack.meaning)
        return found if opinion is None else [_noted(each, opinion) for each in found]
    held: list[Found] = []
    for start, end in _sentences(case):
        held += _held(case, pack, _read(case, start, end, found, seen), seen)
    return [*found, *held]


def _held(case: _Case, pack: Pack, read: Read, seen: _Seen) -> list[Found]:
    """A finding on a sentence that no pattern stops and that reads as violating."""
    meaning = pack.meaning
    opinion = opinion_on(read, meaning) if meaning is not None else None
    if meaning is None or opinion is None:
        return []
    enough = hold_from(
        heard=_is_heard(case), excused=opinion.rule in seen.excused, fits=_is_heard(case) and opinion.rule in seen.fits
    )
    if opinion.violating >= enough and read.fresh < _first_fresh(case):
        read = without_what_was_judged(read, _first_fresh(case), meaning, enough)
        opinion = opinion_on(read, meaning)
    if opinion is None or opinion.violating < enough:
        return []
    start, end, part = violating_words(read, opinion, meaning, enough)
    # A note: corrected at once, or turned down by the shop. "It is a myth that" leaves nothing to argue about.
    noted = {each.rule for each in read.named if each.verdict == "note"}
    if {opinion.rule, part.rule} & {*_akin(seen.told_false), *noted}:
        return []
    return _meant(case, pack, start, end, part)


def _akin(rules: Set[str]) -> set[str]:
    """``rules`` and those that an opinion takes for them: a cure denied is not efficacy claimed."""
    return {*rules, *(rule for kin in _KIN if kin & rules for rule in kin)}


def _is_heard(case: _Case) -> bool:
    return case.utterance.gaps_ms is not None


def _read(case: _Case, start: int, end: int, found: Sequence[Found], seen: _Seen) -> Read:
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


def _meant(case: _Case, pack: Pack, start: int, end: int, opinion: Opinion) -> list[Found]:
    if opinion.rule not in pack.rule_ids:
        return []
    rule = pack.rule(opinion.rule)
    sure = round(opinion.violating * 100)
    reason = f'"{_quote(case, start, end)}" reads like this, {sure} of 100: {rule.title}. No pattern names it.'
    finding = _found(case, rule, min("hold", rule.severity, key=RANK.__getitem__), start, end, reason, {})
    return _fresh([finding], case.utterance.context)


def _sentences(case: _Case) -> list[tuple[int, int]]:
    """The runs of tokens that are read for their meaning: what is new, as a whole; of speech, sentence by sentence.

    The first sentence of speech begins before the first new word when that stands inside one.
    """
    tokens, at = case.tokens, _first_fresh(case)
    if not _is_heard(case):
        return [(at, len(tokens))]
    while 0 < at < len(tokens) and not _begins_sentence(case, at):
        at -= 1
    starts = [at, *(place for place in range(at + 1, len(tokens)) if _begins_sentence(case, place))]
    return list(pairwise([*starts, len(tokens)]))


def _begins_sentence(case: _Case, at: int) -> bool:
    """A recogniser ends its window with a full stop, whether the sentence is over or not; it goes on in lower case."""
    token = case.tokens[at]
    return token.before == HARD and not case.utterance.words[token.word][:1].islower()


def _first_fresh(case: _Case) -> int:
    """The token of the first word that is not context."""
    tokens = case.tokens
    return next((at for at, token in enumerate(tokens) if token.word >= case.utterance.context), len(tokens))


def _still_open(case: _Case) -> bool:
    """An open question waits for at most a few words that answer neither way."""
    return len(case.utterance.words) - case.utterance.context <= 2


def _found(
    case: _Case,
    rule: Rule,
    verdict: str,
    start: int,
    end: int,
    reason: str,
    facts: Mapping[str, str | int | bool],
    *,
    note_below: float = 0,
) -> Found:
    first, last = case.tokens[start].word, case.tokens[end - 1].word
    kind: Literal["note", "hold", "block"] = "block" if verdict == "block" else "hold" if verdict == "hold" else "note"
    quote = _quote(case, start, end)
    return Found(
        rule.id, rule.title, kind, first, last, quote, reason, rule.citation, facts, rule.say_instead, note_below
    )


def _quote(case: _Case, start: int, end: int) -> str:
    words = case.utterance.words[case.tokens[start].word : case.tokens[end - 1].word + 1]
    return join_words(words).strip(" ,.;:!?。，！？")


def _excused(case: _Case, match: Match, unless: Sequence[Pattern], reach: int = 0) -> bool:
    """Whether an ``unless`` pattern matches on some of the match's words, or at most ``reach`` tokens away."""
    for pattern in unless:
        excuses = case.excuses.get(id(pattern))
        if excuses is None:
            excuses = case.excuses[id(pattern)] = list(pattern.matches(case.text))
        for excuse in excuses:
            if excuse.start < match.end + reach and match.start - reach < excuse.end:
                return True
    return False


def _fresh(found: Sequence[Found], context: int) -> list[Found]:
    return [finding for finding in found if finding.last >= context]


def _merged(found: Sequence[Found], utterance: Utterance) -> list[Found]:
    """One finding a rule for words that overlap; lesser findings inside graver ones say nothing new."""
    merged: list[Found] = []
    for finding in sorted(found, key=lambda each: (each.first, -each.last, -RANK[each.verdict], each.rule)):
        same = next(
            (i for i, each in enumerate(merged) if each.rule == finding.rule and finding.first <= each.last), None
        )
        if same is None:
            merged.append(finding)
            continue
        before = merged[same]
        graver = before if _weight(before) >= _weight(finding) else finding
        last = max(before.last, finding.last)
        quote = join_words(utterance.words[before.first : last + 1]).strip(" ,.;:!?。，！？")
        merged[same] = msgspec.structs.replace(graver, first=before.first, last=last, quote=quote)
    return [
        finding
        for finding in merged
        if not any(
            other is not finding
            and other.first <= finding.first
            and finding.last <= other.last
            and RANK[other.verdict] > RANK[finding.verdict]
            for other in merged
        )
    ]


def _weight(found: Found) -> tuple[int, float]:
    return RANK[found.verdict], -found.note_below


def _currency(circumstances: Circumstances) -> str | None:
    return next((product.facts.currency for product in circumstances.products if product.facts.currency), None)


def _claims(circumstances: Circumstances) -> list[ApprovedClaim]:
    wordings = {wording for product in circumstances.products for wording in product.facts.approved_claims or []}
    return [*circumstances.claims, *(ApprovedClaim(wording) for wording in sorted(wordings))]


def _rivals(circumstances: Circumstances) -> tuple[str, ...]:
    names = list(circumstances.subject.competitors)
    for product in circumstances.products:
        names.extend(product.facts.competitors or [])
    return tuple(dict.fromkeys(names))
