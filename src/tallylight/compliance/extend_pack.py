"""A market's pack that builds on another: only what differs is written, so what the base learns reaches the market.

Lists add to the base's. ``replaces`` starts a lexicon class or a rule from nothing; ``without_…`` takes single
entries out, and must name ones that the base has: a base that moves on makes the extension's mistake visible.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from tallylight.compliance.pack import Disclosure, Lexicon, PackData, PatternData, Rule, SentenceTest, Severity
from tallylight.compliance.patterns import PatternError

T = TypeVar("T")


class LexiconExtension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a market adds to a class of words, or takes from it (``without``); see ``Lexicon``."""

    words: list[str] = []
    verbs: list[str] = []
    nouns: list[str] = []
    near: list[str] = []
    without: list[str] = []
    replaces: bool = False


class RuleExtension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a market does otherwise in a rule of the base, or a rule of its own (then nothing may be missing)."""

    id: str
    title: str | None = None
    severity: Severity | None = None
    citation: str | None = None
    say_instead: str | None = None
    patterns: list[PatternData] = []
    unless: list[str] = []
    unless_near: list[str] = []
    tests: list[SentenceTest] = []
    without_patterns: list[str] = []
    without_unless: list[str] = []
    without_tests: list[str] = []
    severities: dict[Severity, Severity] = {}
    """Severities of the base's patterns, as they are here: ``{ hold = "block" }``."""
    compares: dict[str, str] = {}
    """Comparisons of the base's patterns, as they are here: ``{ percentage = "percentage_30d" }``."""
    replaces: bool = False


class DisclosureExtension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a market says otherwise about disclosure; its phrases add to the base's."""

    title: str | None = None
    citation: str | None = None
    say_instead: str | None = None
    phrases: list[str] = []


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack that builds on ``extends``, as written."""

    market: str
    version: int
    extends: str
    name: str
    language: str = "en"
    currency: str = "USD"
    common: list[str] = []
    readings: dict[str, str] = {}
    listen_for: list[str] = []
    lexicon: dict[str, LexiconExtension] = {}
    rules: list[RuleExtension] = []
    disclosure: DisclosureExtension | None = None
    absent: dict[str, str] = {}


def extend(base: PackData, extension: Extension) -> PackData:
    """``base`` with the extension over it. Raises PatternError for what names something that the base lacks."""
    lexicon = dict(base.lexicon)
    for name, change in extension.lexicon.items():
        lexicon[name] = _lexicon(lexicon.get(name, Lexicon()), change)
    changes = {change.id: change for change in extension.rules}
    if len(changes) < len(extension.rules):
        ids = [change.id for change in extension.rules]
        raise PatternError(f"rule {next(each for each in ids if ids.count(each) > 1)} is written twice")
    known = {rule.id for rule in base.rules}
    rules = [
        _rule(rule, changes[rule.id]) if rule.id in changes else _inherited(rule)
        for rule in base.rules
        if rule.id not in extension.absent
    ]
    rules.extend(_new_rule(change) for change in extension.rules if change.id not in known)
    return PackData(
        market=extension.market,
        version=extension.version,
        common=[*base.common, *extension.common],
        lexicon=lexicon,
        rules=rules,
        disclosure=_disclosure(base.disclosure, extension.disclosure),
        name=extension.name,
        language=extension.language,
        currency=extension.currency,
        readings={**base.readings, **extension.readings},
        listen_for=[*base.listen_for, *extension.listen_for],
        meaning=base.meaning,
        absent={**base.absent, **extension.absent},
    )


def _lexicon(base: Lexicon, change: LexiconExtension) -> Lexicon:
    start = Lexicon() if change.replaces else base
    return Lexicon(
        words=[*start.words, *change.words],
        verbs=[*start.verbs, *change.verbs],
        nouns=[*start.nouns, *change.nouns],
        near=[*start.near, *change.near],
        without=[*start.without, *change.without],
        known=start.known,
    )


def _rule(base: Rule, change: RuleExtension) -> Rule:
    start = _emptied(base) if change.replaces else _inherited(base)
    place = f"rule {base.id}"
    kept = _without(start.patterns, change.without_patterns, lambda pattern: pattern.match, f"{place}.without_patterns")
    return Rule(
        id=base.id,
        title=change.title or base.title,
        severity=change.severity or base.severity,
        citation=change.citation or base.citation,
        say_instead=change.say_instead or base.say_instead,
        patterns=[*(_changed(pattern, change.severities, change.compares) for pattern in kept), *change.patterns],
        unless=[
            *_without(start.unless, change.without_unless, lambda source: source, f"{place}.without_unless"),
            *change.unless,
        ],
        unless_near=[*start.unless_near, *change.unless_near],
        tests=[
            *(test for test in start.tests if test.text not in change.without_tests),
            *change.tests,
        ],
    )


def _changed(pattern: PatternData, severities: Mapping[Severity, Severity], compares: Mapping[str, str]) -> PatternData:
    severity = severities.get(pattern.severity, pattern.severity) if pattern.severity else None
    compare = compares.get(pattern.compare, pattern.compare) if pattern.compare else None
    return msgspec.structs.replace(pattern, severity=severity, compare=compare)


def _emptied(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, patterns=[], unless=[], unless_near=[], tests=[])


def _inherited(rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, tests=[msgspec.structs.replace(test, inherited=True) for test in rule.tests])


def _new_rule(change: RuleExtension) -> Rule:
    if not (change.title and change.severity and change.citation and change.say_instead and change.patterns):
        raise PatternError(
            f"rule {change.id} is not in the base, so it needs a title, severity, citation, say_instead and patterns"
        )
    return Rule(
        id=change.id,
        title=change.title,
        severity=change.severity,
        citation=change.citation,
        say_instead=change.say_instead,
        patterns=change.patterns,
        unless=change.unless,
        unless_near=change.unless_near,
        tests=change.tests,
    )


def _disclosure(base: Disclosure | None, change: DisclosureExtension | None) -> Disclosure | None:
    if base is None or change is None:
        return base
    return Disclosure(
        id=base.id,
        title=change.title or base.title,
        citation=change.citation or base.citation,
        say_instead=change.say_instead or base.say_instead,
        phrases=[*base.phrases, *change.phrases],
    )


def _without(entries: Sequence[T], names: Sequence[str], name_of: Callable[[T], str], place: str) -> list[T]:
    known = {name_of(entry) for entry in entries}
    for name in names:
        if name not in known:
            raise PatternError(f"{place}: the base has no {name!r}")
    return [entry for entry in entries if name_of(entry) not in names]
