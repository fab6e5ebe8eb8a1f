"""The small pattern language of rule packs, over annotated tokens.

Elements, separated by spaces:

- ``cure|heal``      one token out of these
- ``<disease>``      a word or phrase of a lexicon class, or of a computed one (money, amount, number, percent,
                     duration, clock, rival, product)
- ``..4``            up to four tokens of anything, within the sentence
- ``..4,``           the same, but not over a comma
- ``!to|for``        nothing consumed: the next token is none of these (classes too: ``!<unit>``)
- ``^`` / ``$``      here a sentence begins / ends
- ``x?``             an element that may be missing
- ``[`` ``]``        the part to withhold; without them the whole match

Gaps are tried shortest first, so a match is the tightest one from its first token.
"""

from collections.abc import Iterator, Sequence

import msgspec

from tallylight.compliance.tokens import HARD, NONE, Token

GAP_MAX = 12


class PatternError(ValueError):
    """A pattern that cannot be read; says which and where."""


class Element(msgspec.Struct, frozen=True):
    """One compiled element. ``kind``: word, class, gap, not, begin, end, open, close."""

    kind: str
    words: frozenset[str] = frozenset()
    classes: tuple[str, ...] = ()
    gap: int = 0
    over_comma: bool = True
    optional: bool = False


class Match(msgspec.Struct, frozen=True):
    """Tokens ``start`` to ``end`` (exclusive) matched; ``core``: the part to withhold; ``captures``: class → span."""

    start: int
    end: int
    core_start: int
    core_end: int
    captures: tuple[tuple[str, int, int], ...]

    def capture(self, name: str) -> tuple[int, int] | None:
        return next(((start, end) for cls, start, end in self.captures if cls == name), None)


class Annotated(msgspec.Struct, frozen=True):
    """Tokens and the class spans that begin at each: ``spans[i][class]`` is a tuple of ends."""

    tokens: Sequence[Token]
    spans: Sequence[dict[str, tuple[int, ...]]]
    present: frozenset[str]
    """Every class and every token text that occurs, to skip patterns that cannot match."""


class Pattern(msgspec.Struct, frozen=True):
    """A compiled pattern. ``needs``: of each set at least one class (``<x>``) or token must be present."""

    source: str
    elements: tuple[Element, ...]
    needs: tuple[frozenset[str], ...]

    def matches(self, text: Annotated) -> Iterator[Match]:
        """Every match, one for each first token, left to right."""
        present = text.present
        for need in self.needs:
            if need.isdisjoint(present):
                return
        first = self.elements[1] if self.elements[0].kind == "open" else self.elements[0]
        begins = first if first.kind in ("word", "class") and not first.optional else None
        for start in range(len(text.tokens)):
            if begins is not None and not _is(begins, text, start):
                continue
            found = _match(self.elements, 0, text, start, start, -1, -1, ())
            if found is not None and found.end > found.start:
                yield found


def compile_pattern(source: str, classes: frozenset[str]) -> Pattern:
    """Compile ``source``; ``classes`` are the names that exist. Raises PatternError."""
    elements = tuple(_element(part, source, classes) for part in source.split())
    if not any(element.kind in ("word", "class") and not element.optional for element in elements):
        raise PatternError(f"pattern {source!r} would match nothing in particular")
    if sum(element.kind == "open" for element in elements) != sum(element.kind == "close" for element in elements):
        raise PatternError(f"pattern {source!r} has unpaired brackets")
    needs = tuple(
        element.words | {f"<{name}>" for name in element.classes}
        for element in elements
        if element.kind in ("word", "class") and not element.optional
    )
    return Pattern(source, elements, needs)


def _element(part: str, source: str, classes: frozenset[str]) -> Element:
    simple = {"^": "begin", "$": "end", "[": "open", "]": "close"}
    if part in simple:
        return Element(simple[part])
    optional = part.endswith("?") and len(part) > 1
    body = part[:-1] if optional else part
    if body.startswith(".."):
        digits = body[2:].rstrip(",")
        if not digits.isdigit() or not 0 < int(digits) <= GAP_MAX:
            raise PatternError(f"pattern {source!r}: a gap is ..1 to ..{GAP_MAX}, not {part!r}")
        return Element("gap", gap=int(digits), over_comma=not body.endswith(","))
    kind = "word"
    if body.startswith("!"):
        kind, body = "not", body[1:]
    words, names = set(), []
    for choice in body.split("|"):
        if choice.startswith("<") and choice.endswith(">"):
            if choice[1:-1] not in classes:
                raise PatternError(f"pattern {source!r} names the class {choice}, which no lexicon defines")
            names.append(choice[1:-1])
        elif choice and choice == choice.lower() and not set(choice) & set("<>[]^$!"):
            words.add(choice)
        else:
            raise PatternError(f"pattern {source!r}: {part!r} is not a word, a class or a gap")
    if kind == "word" and names:
        kind = "class"
    return Element(kind, frozenset(words), tuple(names), optional=optional)


def _match(
    elements: tuple[Element, ...],
    index: int,
    text: Annotated,
    start: int,
    at: int,
    core_start: int,
    core_end: int,
    captures: tuple[tuple[str, int, int], ...],
) -> Match | None:
    """Backtracking over the elements from ``index`` at token ``at``; the first match found wins."""
    if index == len(elements):
        return Match(
            start,
            at,
            start if core_start < 0 else core_start,
            at if core_end < 0 else core_end,
            captures,
        )
    element = elements[index]
    following = index + 1
    match element.kind:
        case "open":
            return _match(elements, following, text, start, at, at, core_end, captures)
        case "close":
            return _match(elements, following, text, start, at, core_start, at, captures)
        case "begin":
            if at < len(text.tokens) and text.tokens[at].before != HARD:
                return None
            return _match(elements, following, text, start, at, core_start, core_end, captures)
        case "end":
            if at < len(text.tokens) and text.tokens[at].before == NONE:
                return None
            return _match(elements, following, text, start, at, core_start, core_end, captures)
        case "not":
            if at < len(text.tokens) and (at == start or text.tokens[at].before != HARD) and _is(element, text, at):
                return None
            return _match(elements, following, text, start, at, core_start, core_end, captures)
        case "gap":
            return _over_gap(elements, index, text, start, at, core_start, core_end, captures)
    for end, capture in _ends(element, text, start, at):
        taken = captures if capture is None else (*captures, (capture, at, end))
        found = _match(elements, following, text, start, end, core_start, core_end, taken)
        if found is not None:
            return found
    if element.optional:
        return _match(elements, following, text, start, at, core_start, core_end, captures)
    return None


def _over_gap(
    elements: tuple[Element, ...],
    index: int,
    text: Annotated,
    start: int,
    at: int,
    core_start: int,
    core_end: int,
    captures: tuple[tuple[str, int, int], ...],
) -> Match | None:
    element = elements[index]
    for skipped in range(element.gap + 1):
        place = at + skipped
        if place > len(text.tokens):
            return None
        if skipped and _blocks(text.tokens[place - 1], element, first=place - 1 == start):
            return None
        found = _match(elements, index + 1, text, start, place, core_start, core_end, captures)
        if found is not None:
            return found
    return None


def _blocks(token: Token, element: Element, *, first: bool) -> bool:
    """Whether a gap may not take ``token`` in, because a boundary stands before it."""
    if first:
        return False
    return token.before == HARD or (token.before != NONE and not element.over_comma)


def _ends(element: Element, text: Annotated, start: int, at: int) -> Iterator[tuple[int, str | None]]:
    """Where ``element`` may end if it begins at ``at``, with the class that it was; longest first."""
    if at >= len(text.tokens) or (at > start and text.tokens[at].before == HARD):
        return
    spans = text.spans[at]
    for name in element.classes:
        for end in spans.get(name, ()):
            yield end, name
    if text.tokens[at].text in element.words:
        yield at + 1, None


def _is(element: Element, text: Annotated, at: int) -> bool:
    if text.tokens[at].text in element.words:
        return True
    spans = text.spans[at]
    for name in element.classes:  # noqa: SIM110 - this is where judging spends its time; any() costs a generator
        if name in spans:
            return True
    return False
