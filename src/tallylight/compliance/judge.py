"""The judge: from words and live facts to findings. Pure and deterministic; everything it knows is passed in.

A pattern that matches makes a finding unless its words are denied, asked, told as false, excused by an ``unless``
pattern or inside an approved claim; a pattern with a comparison makes one only when no reading of the words fits
the facts (contradicted) or when nothing is known (held, at most). A finding spans from the first violating word to
the last; how much of the clause around them airs no more is for ``judge_speech`` to say.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tallylight.compliance.annotate import annotate
from tallylight.compliance.case import Case
from tallylight.compliance.claims import ApprovedClaim, ClaimSpan, claim_spans
from tallylight.compliance.compare import Comparison, Said, compare
from tallylight.compliance.merge_findings import merge_findings
from tallylight.compliance.pack import CompiledPattern, CompiledRule, Pack, PatternData, Rule
from tallylight.compliance.patterns import Match, Pattern
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
from tallylight.compliance.second_opinion import NOTE_BELOW, NOTE_CONTRADICTED_BELOW, Seen, reconsidered
from tallylight.compliance.types import RANK, Circumstances, Found, Judged, Utterance
from tallylight.compliance.word_sets import word_set

_CORRECTION_WORDS = word_set("sorry mean meant correction oops rather wait excuse actually")
_CORRECTABLE = word_set(
    "price amount_named likely_price each total price_under bundle shipping reference likely_reference "
    "cost_elsewhere reference_30d saving saving_30d percentage "
    "percentage_30d stock deadline measure sold_last_hour viewers"
)
_NOT_ARGUED = frozenset(["reference_30d", "saving_30d", "percentage_30d"])
"""The model was taught where the list price is the price before; it cannot tell where that of 30 days is."""
_CORRECTION_REACH = 10
UNLESS_NEAR_TOKENS = 14
"""How far from the words, over sentence ends too, what a rule names as ``unless_near`` still excuses them."""


def judge(utterance: Utterance, circumstances: Circumstances, pack: Pack) -> Judged:
    """Judge an utterance. Findings lie at least partly on words that are not mere context; they are in order."""
    tokens = pack.read(utterance.words, utterance.gaps_ms)
    if not tokens:
        return Judged((), utterance.question)
    currency = _currency(circumstances) or pack.currency
    text = annotate(tokens, pack, currency, _rivals(circumstances), circumstances.subject.product_names)
    claims = claim_spans([token.text for token in tokens], _claims(circumstances), pack.read)
    case = Case(utterance, circumstances, tokens, text, claims, {})
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
    merged = reconsidered(
        case, pack, merge_findings(_fresh(found, utterance.context), utterance), Seen(excused, told_false, fits)
    )
    if question is None and answered is None and _still_open(case):
        question = utterance.question
    return Judged(tuple(merged), question, frozenset(excused))


def _consider(case: Case, compiled: CompiledRule, pattern: CompiledPattern, match: Match) -> Found | str | None:
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
    reason = f'"{case.quote(start, end)}": {why}. Not denied, not asked, no approved claim says it.'
    return case.found(rule, severity, start, end, reason, note_below=NOTE_BELOW if data.arguable else 0)


def _denied(case: Case, rule: Rule, data: PatternData, severity: str, why: str, match: Match) -> Found | str | None:
    """A pattern whose violation is the denial: "this is not an ad", "is it sponsored? No"."""
    tokens = case.tokens
    question = asked(tokens, match.start, match.end) or tokens[sentence_end(tokens, match.end - 1) - 1].question
    denies = denied_after(tokens, match.end) if question else negated(tokens, match.start, match.end)
    if not denies:
        return None
    if data.compare is not None:
        return _compared(case, rule, data, severity, why, match)
    reason = f'"{case.quote(match.core_start, match.core_end)}": {why}. Denied, where it is so.'
    return case.found(rule, severity, match.core_start, match.core_end, reason)


def _compared(case: Case, rule: Rule, data: PatternData, severity: str, why: str, match: Match) -> Found | str | None:
    """A finding; "fits" where a fact says the same; None where nothing is known and that is no matter."""
    said = Said(match, case.text, case.is_heard)
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
        return case.found(rule, "note", start, end, f'"{result.said}": {why}; corrected at once.', result.facts)
    return case.found(rule, verdict, start, end, _compared_reason(result, why), result.facts, note_below=note_below)


def _compared_reason(result: Comparison, why: str) -> str:
    if result.state == "unknown":
        return f'"{result.said}": {why}. The fact is not known, so the desk has to say.'
    facts = ", ".join(f"{name.replace('_', ' ')} is {_shown(value)}" for name, value in result.facts.items())
    return f'"{result.said}": {why}. No reading of it fits: {facts}.'


def _approved(case: Case, match: Match) -> ClaimSpan | None:
    """The approved claim that holds the whole match."""
    return next((span for span in case.claims if span.start <= match.core_start and match.core_end <= span.end), None)


def _shown(value: str | int | bool) -> str:
    """A fact in a sentence: a moment to the second."""
    if isinstance(value, str) and len(value) > len("2026-01-01T00") and value[4:5] == "-" and value[10:11] == "T":
        return datetime.fromisoformat(value).isoformat(" ", "seconds")
    return str(value)


def _corrected(case: Case, name: str, match: Match) -> bool:
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
                said = Said(again, case.text, case.is_heard)
                if compare(name, said, case.circumstances.products).state == "fine":
                    return True
    return False


def _disclaimer_missing(case: Case, rule: Rule, span: ClaimSpan, start: int, end: int) -> Found | None:
    """An approved claim clears; when it needs a disclaimer that was not spoken with it, the desk gets a note."""
    if span.claim.disclaimer is None:
        return None
    disclaimer = ApprovedClaim(span.claim.disclaimer)
    if claim_spans([token.text for token in case.tokens], [disclaimer]):
        return None
    reason = f'Approved claim; its disclaimer was not heard with it: "{span.claim.disclaimer}".'
    return case.found(rule, "note", start, end, reason)


def _answer(case: Case, pack: Pack) -> Found | None:
    """A yes to a question that the utterance before left open."""
    if case.utterance.question is None:
        return None
    at = next((i for i, token in enumerate(case.tokens) if token.word >= case.utterance.context), None)
    span = affirmation(case.tokens, at) if at is not None else None
    if span is None:
        return None
    rule = pack.rule(case.utterance.question)
    reason = f'"{case.quote(*span)}" says yes to a question that asks for it: {rule.title}.'
    return case.found(rule, rule.severity, span[0], span[1], reason)


def _still_open(case: Case) -> bool:
    """An open question waits for at most a few words that answer neither way."""
    return len(case.utterance.words) - case.utterance.context <= 2


def _excused(case: Case, match: Match, unless: Sequence[Pattern], reach: int = 0) -> bool:
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
