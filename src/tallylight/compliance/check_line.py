"""Checks one line of text on its own: a script's sentence, with the facts and the utterances before it.

Earlier utterances are judged for what they leave behind (an open question, a stop that makes the rules stricter, a
denial); findings are only about the line's own words, in character offsets of its text. Pure.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tallylight.compliance.chinese import chinese_words
from tallylight.compliance.facts import LiveFacts, ProductFacts
from tallylight.compliance.judge import judge
from tallylight.compliance.pack import Pack
from tallylight.compliance.read_facts import FactsError, read_facts
from tallylight.compliance.tokens import text_words
from tallylight.compliance.types import Circumstances, Found, Judged, Utterance

LINE_BYTES_MAX = 256 << 10
TEXT_CHARS_MAX = 10_000
CONTEXT_MAX = 50
_CONTEXT_WORDS_MAX = 60
_SHORT_UTTERANCE_WORDS = 2
_AROUND = " \t\r\n,.;:!?\"'“”‘’()[]…，。！？；：、（）"


class LineError(ValueError):
    """A line that cannot be checked, and its id where it could be read."""

    def __init__(self, line_id: "str | int | None", message: str) -> None:
        super().__init__(message)
        self.line_id = line_id


class Line(msgspec.Struct, frozen=True):
    """A line as read."""

    id: str | int
    text: str
    lang: str | None = None
    facts: dict[str, object] | None = None
    context: list[str] | None = None


class LineFinding(msgspec.Struct, frozen=True):
    """``text[start:end]`` is the quote."""

    rule: str
    quote: str
    start: int
    end: int
    reason: str
    citation: str


class CheckedLine(msgspec.Struct, frozen=True):
    """What came of a line."""

    id: str | int
    verdict: Literal["clear", "note", "hold", "block"]
    findings: list[LineFinding]


_line = msgspec.json.Decoder(Line)


def read_line(raw: bytes) -> Line:
    """A line of JSON. Raises LineError for one that is malformed or too long."""
    if len(raw) > LINE_BYTES_MAX:
        raise LineError(None, f"a line has at most {LINE_BYTES_MAX} bytes")
    try:
        line = _line.decode(raw)
    except msgspec.ValidationError as error:
        raise LineError(_id_of(raw), str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LineError(None, f"not a line of JSON: {error}") from None
    if len(line.text) > TEXT_CHARS_MAX:
        raise LineError(line.id, f"text has at most {TEXT_CHARS_MAX} characters")
    if len(line.context or ()) > CONTEXT_MAX:
        raise LineError(line.id, f"context has at most {CONTEXT_MAX} utterances")
    if any(len(each) > TEXT_CHARS_MAX for each in line.context or ()):
        raise LineError(line.id, f"an utterance of the context has at most {TEXT_CHARS_MAX} characters")
    return line


def check_line(line: Line, pack: Pack) -> CheckedLine:
    """Judge one line. Raises LineError for facts that cannot be read or a language that the pack does not read."""
    if line.lang is not None and line.lang.replace("_", "-").split("-")[0].lower() != pack.language:
        raise LineError(line.id, f"lang is {line.lang!r}, but the pack {pack.market} reads {pack.language!r}")
    try:
        facts = read_facts(line.facts) if line.facts else LiveFacts()
    except FactsError as error:
        raise LineError(line.id, str(error)) from None
    judged, places, before = judge_after(line.text, line.context or (), facts, pack)
    findings = [_finding(found, line.text, places, before) for found in judged.findings]
    return CheckedLine(line.id, judged.verdict, findings)


def judge_after(
    text: str, context: Sequence[str], facts: LiveFacts, pack: Pack
) -> tuple[Judged, Sequence[tuple[str, int, int]], int]:
    """Judge ``text`` said after ``context``: what was found, the places of its words, how many words came before."""
    products = [ProductFacts(None, (), facts)]
    strict: frozenset[str] = frozenset()
    question: str | None = None
    before: list[str] = []
    for utterance in context:
        words = _utterance_words(utterance, pack)
        said = Utterance(words=(*before, *words), context=len(before), question=question)
        judged = judge(said, Circumstances(products=products, strict_rules=strict), pack)
        strict |= {found.rule for found in judged.findings if found.verdict in ("hold", "block")}
        question = judged.question
        before = [*before, *words][-_CONTEXT_WORDS_MAX:]
    places = words_of(text, pack)
    said = Utterance(words=(*before, *(word for word, _, _ in places)), context=len(before), question=question)
    return judge(said, Circumstances(products=products, strict_rules=strict), pack), places, len(before)


def words_of(text: str, pack: Pack) -> list[tuple[str, int, int]]:
    """The words of a written text with their character positions, as the pack's language divides them."""
    return chinese_words(text, pack.vocabulary) if pack.language == "zh" else text_words(text)


def _utterance_words(utterance: str, pack: Pack) -> list[str]:
    """An utterance's words; a mere "no" before the line is a breath of its own and denies nothing in it."""
    words = [word for word, _, _ in words_of(utterance, pack)]
    if 0 < len(words) <= _SHORT_UTTERANCE_WORDS and words[-1][-1:].isalnum():
        words[-1] += ","
    return words


def _finding(found: Found, text: str, places: Sequence[tuple[str, int, int]], before: int) -> LineFinding:
    first, last = max(0, found.first - before), found.last - before
    start, end = places[first][1], places[last][2]
    while start < end and text[start] in _AROUND:
        start += 1
    while end > start and text[end - 1] in _AROUND:
        end -= 1
    return LineFinding(found.rule, text[start:end], start, end, found.reason, found.citation)


def _id_of(raw: bytes) -> str | int | None:
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    line_id = plain.get("id") if isinstance(plain, dict) else None
    return line_id if isinstance(line_id, (str, int)) and not isinstance(line_id, bool) else None
