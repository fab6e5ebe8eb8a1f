"""Checks a rule pack as its author needs it: every fault by place, and the pack's own tests run."""

import tomllib
from collections import Counter
from collections.abc import Iterator

import msgspec

from tallylight.compliance.check_line import judge_after
from tallylight.compliance.meaning import MODELS
from tallylight.compliance.pack import (
    COMPARISONS,
    COMPUTED_CLASSES,
    RULE_IDS,
    Pack,
    PackData,
    SentenceTest,
    lexicon_forms,
    read_pack_data,
)
from tallylight.compliance.patterns import PatternError, compile_pattern

_STOPS = frozenset(("hold", "block"))


class Fault(msgspec.Struct, frozen=True):
    """What is wrong and where: ``rule R6.patterns[2]``, ``lexicon.disease``, ``rule R1 test 3``."""

    place: str
    message: str


class PackReport(msgspec.Struct, frozen=True):
    """What came of a check; ``market`` "" for a file that could not be read as a pack."""

    market: str
    rules: int
    tests: int
    faults: list[Fault]


def check_pack(text: str) -> PackReport:
    """Check the pack that ``text`` (TOML) is."""
    try:
        data = read_pack_data(text)
    except tomllib.TOMLDecodeError as error:
        return _unreadable("file", f"not TOML: {error}")
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        return _unreadable(place.rstrip("`").removeprefix("$.") or "file", message)
    except PatternError as error:
        return _unreadable("file", str(error))
    except KeyError as error:
        return _unreadable("extends", f"there is no pack {error} to build on")
    faults = [*_structure(data), *_patterns(data)]
    tests = sum(len(rule.tests) for rule in data.rules)
    if not faults:
        faults.extend(_failing(Pack(msgspec.structs.replace(data, meaning=None))))
    return PackReport(data.market, len(data.rules), tests, faults)


def verdict_against(test: SentenceTest, pack: Pack) -> str | None:
    """What the pack makes of a test's sentence when that is not what the test wants; None when it is."""
    judged, _, _ = judge_after(test.text, test.context, test.facts, pack)
    if test.inherited:
        wanted = (judged.verdict in _STOPS) == (test.verdict in _STOPS)
    else:
        wanted = judged.verdict == test.verdict
    return None if wanted else judged.verdict


def _unreadable(place: str, message: str) -> PackReport:
    return PackReport("", 0, 0, [Fault(place, message)])


def _structure(data: PackData) -> Iterator[Fault]:
    if data.meaning is not None and data.meaning not in MODELS:
        yield Fault("meaning", f"there is no model called {data.meaning!r}: there are {', '.join(MODELS)}")
    for rule_id, times in Counter(rule.id for rule in data.rules).items():
        if times > 1:
            yield Fault(f"rule {rule_id}", f"is written {times} times")
        if rule_id in data.absent:
            yield Fault(f"absent.{rule_id}", "the rule is there as well")
    ruled = {rule.id for rule in data.rules}
    for rule_id in RULE_IDS:
        if rule_id not in ruled and rule_id not in data.absent:
            yield Fault("rules", f"{rule_id} is neither a rule nor declared absent with a reason")
    for rule_id, reason in data.absent.items():
        if rule_id not in RULE_IDS:
            yield Fault(f"absent.{rule_id}", f"is not one of {RULE_IDS[0]} to {RULE_IDS[-1]}")
        if not reason.strip():
            yield Fault(f"absent.{rule_id}", "needs a reason")
    if data.language not in ("en", "zh"):
        yield Fault("language", f"{data.language!r} is not a language that can be read: en or zh")
    for name, lexicon in data.lexicon.items():
        if not lexicon_forms(lexicon):
            yield Fault(f"lexicon.{name}", "has no words")
    for rule in data.rules:
        for field in ("title", "citation", "say_instead"):
            if not getattr(rule, field).strip():
                yield Fault(f"rule {rule.id}.{field}", "is empty")
        if not rule.patterns:
            yield Fault(f"rule {rule.id}.patterns", "is empty: nothing would break the rule")


def _patterns(data: PackData) -> Iterator[Fault]:
    classes = COMPUTED_CLASSES | data.lexicon.keys()
    for rule in data.rules:
        for index, pattern in enumerate(rule.patterns):
            place = f"rule {rule.id}.patterns[{index}]"
            if pattern.compare is not None and pattern.compare not in COMPARISONS:
                yield Fault(place, f"there is no comparison called {pattern.compare!r}")
            yield from _compiles(place, pattern.match, classes)
            for at, source in enumerate(pattern.unless):
                yield from _compiles(f"{place}.unless[{at}]", source, classes)
        for index, source in enumerate(rule.unless):
            yield from _compiles(f"rule {rule.id}.unless[{index}]", source, classes)
        for index, source in enumerate(rule.unless_near):
            yield from _compiles(f"rule {rule.id}.unless_near[{index}]", source, classes)


def _compiles(place: str, source: str, classes: frozenset[str]) -> Iterator[Fault]:
    try:
        compile_pattern(source, classes)
    except PatternError as error:
        yield Fault(place, str(error))


def _failing(pack: Pack) -> Iterator[Fault]:
    for rule in pack.data.rules:
        for index, test in enumerate(rule.tests):
            verdict = verdict_against(test, pack)
            if verdict is not None:
                wanted = "stop" if test.inherited and test.verdict in _STOPS else test.verdict
                origin = " (from the pack it builds on)" if test.inherited else ""
                yield Fault(f"rule {rule.id} test {index}{origin}", f'"{test.text}" is {verdict}, wanted {wanted}')
