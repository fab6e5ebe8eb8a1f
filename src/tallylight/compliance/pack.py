"""Rule packs: one TOML file a market, read into a checked structure and compiled once.

A pack holds a lexicon (classes of words) and rules. A rule has patterns (what makes a violation), ``unless``
patterns (what excuses it where they overlap), a severity, a citation, what to say instead, and its own tests.
A pattern may name a ``compare``: then the match alone decides nothing, the live facts do. A market's pack may build
on another (see ``extend_pack``).
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from importlib import resources
from typing import Any, Literal

import ahocorasick
import msgspec

from tallylight.compliance.chinese import CONTROL_WORDS, read_chinese
from tallylight.compliance.countries import NATIONS, PLACES
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.meaning import MODELS, Meaning, load_meaning
from tallylight.compliance.near_sounds import NearSounds
from tallylight.compliance.patterns import Pattern, PatternError, compile_pattern
from tallylight.compliance.reread import reread
from tallylight.compliance.tokens import Token, read_tokens
from tallylight.compliance.word_sets import word_set

COMPUTED_CLASSES = word_set(
    "money amount number percent duration clock rival product count fraction pricelike name comparative"
)
COMPARISONS = word_set(
    "amount_named each total price_under former_price cost_elsewhere share one_free selling_fast sold_rate "
    "with_the_show lowest_30d measure feature certificate likely_price likely_reference any_left share_on_record "
    "without_material resolution water sum fees stock_one stock_of_many deadline_tomorrow "
    "price reference saving percentage bundle shipping free_shipping stock low_stock last_chance deadline "
    "deal_ending sold_last_hour viewers lowest_ever paid made_in material reference_30d saving_30d percentage_30d"
)
RULE_IDS = tuple(f"R{number}" for number in range(1, 22))
"""What a market's pack has to rule on, or say that it does not."""
MARKETS = ("us-en", "uk-en", "eu-en", "cn-zh")
"""The packs that ship."""
Severity = Literal["note", "hold", "block"]
_IRREGULAR = {
    "beat": ("beats", "beat", "beaten", "beating"),
    "break": ("breaks", "broke", "broken", "breaking"),
    "bring": ("brings", "brought", "bringing"),
    "burn": ("burns", "burned", "burnt", "burning"),
    "buy": ("buys", "bought", "buying"),
    "come": ("comes", "came", "coming"),
    "do": ("does", "did", "done", "doing"),
    "drink": ("drinks", "drank", "drunk", "drinking"),
    "drive": ("drives", "drove", "driven", "driving"),
    "eat": ("eats", "ate", "eaten", "eating"),
    "feel": ("feels", "felt", "feeling"),
    "fight": ("fights", "fought", "fighting"),
    "get": ("gets", "got", "gotten", "getting"),
    "give": ("gives", "gave", "given", "giving"),
    "go": ("goes", "went", "gone", "going"),
    "grow": ("grows", "grew", "grown", "growing"),
    "hold": ("holds", "held", "holding"),
    "keep": ("keeps", "kept", "keeping"),
    "leave": ("leaves", "left", "leaving"),
    "lose": ("loses", "lost", "losing"),
    "make": ("makes", "made", "making"),
    "overcome": ("overcomes", "overcame", "overcoming"),
    "pay": ("pays", "paid", "paying"),
    "rebuild": ("rebuilds", "rebuilt", "rebuilding"),
    "regrow": ("regrows", "regrew", "regrown", "regrowing"),
    "say": ("says", "said", "saying"),
    "sell": ("sells", "sold", "selling"),
    "shrink": ("shrinks", "shrank", "shrunk", "shrinking"),
    "take": ("takes", "took", "taken", "taking"),
    "throw": ("throws", "threw", "thrown", "throwing"),
    "undo": ("undoes", "undid", "undone", "undoing"),
    "control": ("controls", "controlled", "controlling"),
    "win": ("wins", "won", "winning"),
}
_UNCHANGED_IN_THE_PAST = word_set("cut put shed quit rid let set hit shut")
_VOWELS = "aeiou"


class Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of words. ``verbs`` are inflected (a phrase by its first word), ``nouns`` get a plural."""

    words: list[str] = []
    verbs: list[str] = []
    nouns: list[str] = []
    near: list[str] = []
    """Rare ones among them that a recogniser may misspell: near-sounding words count as well."""
    without: list[str] = []
    """Forms that must not count."""
    known: Literal["places", "nations"] | None = None
    """A list of ``countries`` that belongs to it, which records are read by as well."""


class PatternData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern of a rule; see ``patterns`` for the language."""

    match: str
    severity: Severity | None = None
    compare: str | None = None
    unknown: Severity | Literal["clear"] = "hold"
    """With ``compare``: the verdict when the fact is not known."""
    negatable: bool = True
    askable: bool = True
    denied: bool = False
    """Counts only where the words are denied ("not an ad") or asked and answered with no."""
    firm: bool = False
    """The rule's own ``unless`` do not excuse it, only the pattern's."""
    strict: bool = False
    """Only for 30 s after a stop by the same rule, when hosts say it again in other words."""
    arguable: bool = False
    """The second opinion may make it a note: patterns of the pack that names the model."""
    say: str | None = None
    """Why, in words for the desk; default: the rule's title."""
    unless: list[str] = []


class SentenceTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence and what the pack must make of it."""

    text: str
    verdict: Literal["clear", "note", "hold", "block"]
    facts: LiveFacts = msgspec.field(default_factory=LiveFacts)
    context: list[str] = []
    inherited: bool = False
    """From the pack that this one builds on: it must stop or not as there; how gravely is the market's own matter."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: str
    severity: Severity
    citation: str
    say_instead: str
    patterns: list[PatternData]
    unless: list[str] = []
    """What excuses words that it overlaps."""
    unless_near: list[str] = []
    """What excuses words a breath away too, over the end of a sentence: "no purchase necessary"."""
    tests: list[SentenceTest] = []


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a paid host says so, and the reminder when it is overdue."""

    id: str
    title: str
    citation: str
    say_instead: str
    phrases: list[str]


class PackData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule pack as written."""

    market: str
    version: int
    common: list[str]
    lexicon: dict[str, Lexicon]
    rules: list[Rule]
    disclosure: Disclosure | None = None
    name: str = ""
    """The market and the language as people read them."""
    language: str = "en"
    """How the words are read: "en" or "zh"."""
    currency: str = "USD"
    """ISO 4217: what an amount is in when the facts do not say."""
    readings: dict[str, str] = {}
    """Words of this market that are read as others: a spelling ("anaemia" as "anemia"), a coin ("fiver")."""
    listen_for: list[str] = []
    """Phrases in the manner of this market's violations, for the recogniser: what it expects it hears better."""
    meaning: str | None = None
    """The model that gives a second opinion on words that no pattern stops; None: patterns alone."""
    absent: dict[str, str] = {}
    """Rules of R1 to R21 that this pack leaves out, each with the reason."""


class CompiledPattern(msgspec.Struct, frozen=True):
    data: PatternData
    pattern: Pattern
    unless: tuple[Pattern, ...]


class CompiledRule(msgspec.Struct, frozen=True):
    rule: Rule
    patterns: tuple[CompiledPattern, ...]
    unless: tuple[Pattern, ...]
    unless_near: tuple[Pattern, ...]


class Pack:
    """A pack ready to judge with."""

    def __init__(self, data: PackData) -> None:
        self.data = data
        self.market = data.market
        self.language = data.language
        self.currency = data.currency
        self.readings: Mapping[str, tuple[str, ...]] = {
            word: tuple(text.split()) for word, text in data.readings.items()
        }
        if data.meaning is not None and data.meaning not in MODELS:
            raise PatternError(f"there is no model of meaning called {data.meaning!r}: there are {', '.join(MODELS)}")
        self._meaning = data.meaning
        classes = COMPUTED_CLASSES | data.lexicon.keys()
        self.rules = tuple(_compile_rule(rule, classes) for rule in data.rules)
        self.rule_ids = frozenset(rule.rule.id for rule in self.rules)
        self._by_need: dict[str, list[tuple[int, int]]] = {}
        common = Counter(
            need
            for rule in self.rules
            for compiled in rule.patterns
            for need in {each for needs in compiled.pattern.needs for each in needs}
        )
        for rule_index, rule in enumerate(self.rules):
            for pattern_index, compiled in enumerate(rule.patterns):
                # What few patterns need is rare in speech as well, so that most lines wake few patterns.
                for need in min(compiled.pattern.needs, key=lambda needs: sum(common[each] for each in needs)):
                    self._by_need.setdefault(need, []).append((rule_index, pattern_index))
        self.automaton: Any = ahocorasick.Automaton()
        forms: dict[str, set[str]] = {}
        for name, lexicon in data.lexicon.items():
            for form in lexicon_forms(lexicon):
                forms.setdefault(form, set()).add(name)
        for form, names in forms.items():
            self.automaton.add_word(f" {form} ", (form.count(" ") + 1, tuple(sorted(names))))
        self.automaton.make_automaton()
        self.common = frozenset(data.common) | frozenset(
            form for lexicon in data.lexicon.values() if not lexicon.near for form in lexicon_forms(lexicon)
        )
        self.vocabulary = frozenset(forms) | self.common | CONTROL_WORDS if data.language == "zh" else frozenset()
        self.near = {
            name: NearSounds(lexicon.near, self.common) for name, lexicon in data.lexicon.items() if lexicon.near
        }

    def patterns_only(self) -> "Pack":
        """The same pack without its second opinion."""
        alone = copy(self)
        alone._meaning = None
        return alone

    @property
    def meaning(self) -> Meaning | None:
        """Who gives the second opinion, loaded when it is first asked."""
        return load_meaning(self._meaning) if self._meaning is not None else None

    def read(self, words: Sequence[str], gaps_ms: Sequence[int] | None = None) -> list[Token]:
        """The tokens of ``words`` as this market's language reads them; ``gaps_ms`` as in ``read_tokens``."""
        if self.language == "zh":
            return read_chinese(words, self.vocabulary)
        tokens = read_tokens(words, gaps_ms)
        return reread(tokens, self.readings, self.currency) if self.readings else tokens

    def candidates(self, present: frozenset[str]) -> list[tuple[CompiledRule, CompiledPattern]]:
        """The patterns that could match where ``present`` occurs, in the pack's order."""
        places = {place for need in present & self._by_need.keys() for place in self._by_need[need]}
        return [(self.rules[rule], self.rules[rule].patterns[pattern]) for rule, pattern in sorted(places)]

    def discloses(self, text: str) -> bool:
        """Whether ``text`` says that the host is paid."""
        if self.data.disclosure is None:
            return False
        plain = " ".join("".join(letter for letter in text.lower() if letter.isalnum() or letter == " ").split())
        return any(phrase in plain for phrase in self.data.disclosure.phrases)

    def rule(self, rule_id: str) -> Rule:
        """Raises KeyError for a rule that the pack does not have."""
        for compiled in self.rules:
            if compiled.rule.id == rule_id:
                return compiled.rule
        raise KeyError(rule_id)


def lexicon_forms(lexicon: Lexicon) -> set[str]:
    """Every form that a lexicon class covers."""
    forms = set(lexicon.words)
    for verb in lexicon.verbs:
        first, *rest = verb.split()
        forms.update(" ".join([form, *rest]) for form in verb_forms(first))
    for noun in lexicon.nouns:
        forms.add(noun)
        forms.add(_plural(noun))
    if lexicon.known is not None:
        forms |= PLACES if lexicon.known == "places" else NATIONS
    return forms - set(lexicon.without)


def verb_forms(verb: str) -> set[str]:
    """A verb and its regular (or listed) forms."""
    if verb in _IRREGULAR:
        return {verb, *_IRREGULAR[verb]}
    if verb.endswith("ee"):
        return {verb, verb + "s", verb + "d", verb + "ing"}
    if verb.endswith("e"):
        return {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return {verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"}
    stem = verb + verb[-1] if _doubles(verb) else verb
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s")
    past = verb if verb in _UNCHANGED_IN_THE_PAST else stem + "ed"
    return {verb, third, past, stem + "ing"}


def _doubles(verb: str) -> bool:
    """Whether a verb of one beat doubles its last consonant: "drop", "dropped"; also with "un" before it."""
    beat = verb.removeprefix("un").replace("qu", "q")
    vowels = [letter in _VOWELS for letter in beat]
    return len(beat) >= 3 and sum(vowels) == 1 and vowels[-2] and beat[-1] not in "wxy"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    return noun + "s"


def _compile_rule(rule: Rule, classes: frozenset[str]) -> CompiledRule:
    for pattern in rule.patterns:
        if pattern.compare is not None and pattern.compare not in COMPARISONS:
            raise PatternError(f"rule {rule.id}: there is no comparison called {pattern.compare!r}")
    return CompiledRule(
        rule,
        tuple(
            CompiledPattern(
                data,
                compile_pattern(data.match, classes),
                tuple(compile_pattern(source, classes) for source in data.unless),
            )
            for data in rule.patterns
        ),
        tuple(compile_pattern(source, classes) for source in rule.unless),
        tuple(compile_pattern(source, classes) for source in rule.unless_near),
    )


def read_pack(text: str) -> Pack:
    """A pack from TOML. Raises PatternError or msgspec.ValidationError, which name the place."""
    return Pack(read_pack_data(text))


def read_pack_data(text: str) -> PackData:
    """A pack as written, with what it builds on. Raises msgspec.ValidationError, PatternError or TOMLDecodeError.

    KeyError when the pack that it builds on does not ship.
    """
    plain = tomllib.loads(text)
    if "extends" not in plain:
        data = msgspec.convert(plain, PackData)
        return data if data.meaning is None else _arguable(data)
    from tallylight.compliance.extend_pack import Extension, extend

    extension = msgspec.convert(plain, Extension)
    return extend(load_pack_data(extension.extends), extension)


def _arguable(data: PackData) -> PackData:
    """``data`` with a second opinion on its own patterns.

    What a shop, or a pack that builds on this one, adds stays as it was written.
    """
    rules = [
        msgspec.structs.replace(
            rule,
            patterns=[msgspec.structs.replace(each, arguable=True) for each in rule.patterns],
        )
        for rule in data.rules
    ]
    return msgspec.structs.replace(data, rules=rules)


def pack_text(market: str) -> str:
    """The file of the pack that ships for ``market``. Raises KeyError when there is none."""
    if market not in MARKETS:
        raise KeyError(market)
    return (resources.files("tallylight.compliance.packs") / f"{market}.toml").read_text(encoding="utf-8")


@cache
def load_pack_data(market: str) -> PackData:
    """The pack that ships for ``market`` as data, for building on. Raises KeyError when there is none."""
    return read_pack_data(pack_text(market))


@cache
def load_pack(market: str) -> Pack:
    """The pack that ships for ``market`` ("us-en"). Raises KeyError when there is none."""
    return Pack(load_pack_data(market))
