"""What a shop adds to a market's rules and turns down in them: pure, from its log of changes to a pack.

A shop may be stricter in any way: words, rivals, rules of its own. It may turn a rule of the market down, never up to
something the market does not say, and each such change stands in the log with its reason and who made it. A finding of
a rule that was turned down says so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tallylight.compliance.pack import Lexicon, Pack, PackData, PatternData, Rule, Severity
from tallylight.compliance.patterns import PatternError
from tallylight.foundation.errors import InvalidInputError

Level = Literal["block", "hold", "note", "off"]
LEVELS: tuple[Level, ...] = ("off", "note", "hold", "block")
"""From mild to grave."""
WORDS_MAX = 500
OWN_RULES_MAX = 50
PHRASES_MAX = 50
TEXT_MAX = 200
REASON_MIN, REASON_MAX = 5, 500
OWN_PREFIX = "S-"


class AddWord(msgspec.Struct, frozen=True, tag="add_word", tag_field="kind"):
    """One more word (or phrase) in a class of the market's lexicon."""

    word_class: str
    word: str


class RemoveWord(msgspec.Struct, frozen=True, tag="remove_word", tag_field="kind"):
    """A word that the shop had added."""

    word_class: str
    word: str


class SetRule(msgspec.Struct, frozen=True, tag="set_rule", tag_field="kind"):
    """A rule of the shop's own, new or in place of the one of that id. ``phrases``: the language of ``patterns``."""

    rule: str
    title: str
    severity: Severity
    phrases: list[str]
    say_instead: str


class RemoveRule(msgspec.Struct, frozen=True, tag="remove_rule", tag_field="kind"):
    """A rule of the shop's own goes."""

    rule: str


class SetLevel(msgspec.Struct, frozen=True, tag="set_level", tag_field="kind"):
    """A rule of the market at most this grave; ``level`` None: as the market has it again."""

    rule: str
    level: Level | None


class AddRival(msgspec.Struct, frozen=True, tag="add_rival", tag_field="kind"):
    """A rival whom hosts may not compare with, in every market."""

    name: str


class RemoveRival(msgspec.Struct, frozen=True, tag="remove_rival", tag_field="kind"):
    """A rival who is one no longer."""

    name: str


Change = AddRival | RemoveRival | AddWord | RemoveWord | SetRule | RemoveRule | SetLevel


class LoggedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change as it stands in the log. ``by``: the person's name, None for the installation's administrator."""

    id: int
    market: str
    change: Change
    reason: str
    by: str | None
    at: datetime


class ShopRules(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force: the last change for each thing."""

    words: tuple[LoggedChange, ...] = ()
    rules: tuple[LoggedChange, ...] = ()
    levels: tuple[LoggedChange, ...] = ()

    @property
    def all(self) -> tuple[LoggedChange, ...]:
        return (*self.words, *self.rules, *self.levels)


def in_force(log: Sequence[LoggedChange]) -> ShopRules:
    """What ``log`` (oldest first, of one market) comes to."""
    words: dict[tuple[str, str], LoggedChange] = {}
    rules: dict[str, LoggedChange] = {}
    levels: dict[str, LoggedChange] = {}
    for logged in log:
        match logged.change:
            case AddWord(word_class, word):
                words[word_class, word] = logged
            case RemoveWord(word_class, word):
                words.pop((word_class, word), None)
            case SetRule(rule=rule):
                rules[rule] = logged
            case RemoveRule(rule):
                rules.pop(rule, None)
            case SetLevel(rule, level):
                levels.pop(rule, None)
                if level is not None:
                    levels[rule] = logged
    return ShopRules(words=tuple(words.values()), rules=tuple(rules.values()), levels=tuple(levels.values()))


def with_shop_rules(data: PackData, rules: ShopRules) -> PackData:
    """The market's pack as the shop has it. What the market no longer has (a class, a rule) is passed over."""
    lexicon = dict(data.lexicon)
    for logged in rules.words:
        if isinstance(logged.change, AddWord) and logged.change.word_class in lexicon:
            lexicon[logged.change.word_class] = _with_word(lexicon[logged.change.word_class], logged.change.word)
    levels = {logged.change.rule: logged for logged in rules.levels if isinstance(logged.change, SetLevel)}
    market = [_turned_down(rule, levels.get(rule.id)) for rule in data.rules]
    own = [_own_rule(logged.change) for logged in rules.rules if isinstance(logged.change, SetRule)]
    kept = [rule for rule in market if rule is not None] + own
    disclosure = data.disclosure
    if disclosure is not None and (off := levels.get(disclosure.id)) is not None and _level(off) == "off":
        disclosure = None
    return msgspec.structs.replace(data, lexicon=lexicon, rules=kept, disclosure=disclosure)


def require_fitting(change: Change, reason: str, data: PackData, rules: ShopRules) -> Change:
    """``change`` cleaned, if it fits the market's pack and what is in force; InvalidInputError says what does not."""
    if len(reason.strip()) < REASON_MIN or len(reason) > REASON_MAX:
        raise InvalidInputError(f"say why, in {REASON_MIN} to {REASON_MAX} characters", field="reason")
    match change:
        case AddWord(word_class, word):
            if word_class not in data.lexicon:
                raise InvalidInputError(f"the market has no class of words called {word_class!r}", field="word_class")
            if len(rules.words) >= WORDS_MAX:
                raise InvalidInputError(f"a shop adds at most {WORDS_MAX} words", field="word")
            return AddWord(word_class, _read(word, data, "word"))
        case RemoveWord(word_class, word):
            held = [each.change for each in rules.words if isinstance(each.change, AddWord)]
            if AddWord(word_class, word) not in held:
                raise InvalidInputError(f"the shop has not added {word!r} to {word_class}", field="word")
        case SetRule():
            return _fitting_rule(change, data, rules)
        case RemoveRule(rule):
            if rule not in [each.change.rule for each in rules.rules if isinstance(each.change, SetRule)]:
                raise InvalidInputError(f"the shop has no rule {rule!r} of its own", field="rule")
        case SetLevel(rule, level):
            found = next((each for each in data.rules if each.id == rule), None)
            if found is None:
                raise InvalidInputError(f"the market has no rule {rule!r}", field="rule")
            if level is not None and LEVELS.index(level) >= LEVELS.index(gravest(found)):
                raise InvalidInputError(
                    f"{rule} is {gravest(found)} in this market: a shop turns it down, to something milder",
                    field="level",
                )
    return change


def gravest(rule: Rule) -> Level:
    """The gravest verdict that a rule can give."""
    return max((rule.severity, *(each.severity for each in rule.patterns if each.severity)), key=LEVELS.index)


def _fitting_rule(change: SetRule, data: PackData, rules: ShopRules) -> SetRule:
    name = change.rule.removeprefix(OWN_PREFIX)
    if not change.rule.startswith(OWN_PREFIX) or not name.isascii() or not name.replace("-", "").isalnum():
        raise InvalidInputError(f'a rule of the shop\'s own is called "{OWN_PREFIX}" and letters', field="rule")
    if len(change.rule) > 32:
        raise InvalidInputError("a rule's id has at most 32 characters", field="rule")
    for field in ("title", "say_instead"):
        if not 1 <= len(getattr(change, field).strip()) <= TEXT_MAX:
            raise InvalidInputError(f"{field} has 1 to {TEXT_MAX} characters", field=field)
    if not 1 <= len(change.phrases) <= PHRASES_MAX or any(len(each) > TEXT_MAX for each in change.phrases):
        raise InvalidInputError(
            f"a rule has 1 to {PHRASES_MAX} phrases of at most {TEXT_MAX} characters", field="phrases"
        )
    others = [each for each in rules.rules if isinstance(each.change, SetRule) and each.change.rule != change.rule]
    if len(others) >= OWN_RULES_MAX:
        raise InvalidInputError(f"a shop has at most {OWN_RULES_MAX} rules of its own", field="rule")
    fitted = msgspec.structs.replace(
        change,
        title=change.title.strip(),
        say_instead=change.say_instead.strip(),
        phrases=[_phrase(each, data) for each in change.phrases],
    )
    try:
        Pack(msgspec.structs.replace(data, rules=[_own_rule(fitted)]))
    except PatternError as error:
        raise InvalidInputError(str(error), field="phrases") from None
    return fitted


def _phrase(text: str, data: PackData) -> str:
    """A phrase in the pattern language as it is, one in plain words as the market's language reads it."""
    return text if set("<[|") & set(text) or ".." in text else _read(text, data, "phrases")


def _read(text: str, data: PackData, field: str) -> str:
    """A word or phrase as the market's language reads it: the form in which it is compared."""
    if not 1 <= len(text.strip()) <= TEXT_MAX:
        raise InvalidInputError(f"{field} has 1 to {TEXT_MAX} characters", field=field)
    if data.language == "zh":
        return text.strip()
    read = " ".join(token.text for token in Pack(msgspec.structs.replace(data, rules=[])).read(text.split()))
    if not read:
        raise InvalidInputError(f"{text!r} has no word in it", field=field)
    return read


def _with_word(lexicon: Lexicon, word: str) -> Lexicon:
    return msgspec.structs.replace(
        lexicon, words=[*lexicon.words, word], without=[each for each in lexicon.without if each != word]
    )


def _own_rule(change: SetRule) -> Rule:
    return Rule(
        id=change.rule,
        title=change.title,
        severity=change.severity,
        citation="the shop's own rule",
        say_instead=change.say_instead,
        patterns=[PatternData(phrase) for phrase in change.phrases],
    )


def _level(logged: LoggedChange) -> Level | None:
    return logged.change.level if isinstance(logged.change, SetLevel) else None


def _turned_down(rule: Rule, logged: LoggedChange | None) -> Rule | None:
    """``rule`` at most as grave as the shop has it; None when it is off."""
    level = _level(logged) if logged is not None else None
    if logged is None or level is None:
        return rule
    if level == "off":
        return None
    said = f"turned down to {level} by the shop: {logged.reason}"
    return msgspec.structs.replace(
        rule,
        severity=_at_most(rule.severity, level),
        patterns=[
            msgspec.structs.replace(
                pattern,
                severity=_at_most(pattern.severity, level) if pattern.severity else None,
                unknown=pattern.unknown if pattern.unknown == "clear" else _at_most(pattern.unknown, level),
                say=f"{pattern.say or rule.title} ({said})",
            )
            for pattern in rule.patterns
        ],
    )


def _at_most(severity: Severity, level: Severity) -> Severity:
    return severity if LEVELS.index(severity) <= LEVELS.index(level) else level
