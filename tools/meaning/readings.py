"""The corpora as the model of meaning reads them in the product, with their labels."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from tests.corpora.sentences import Sentence, sentences
from tools.meaning.on_air import OnAir

from tallylight.compliance.check_line import judge_after, words_of
from tallylight.compliance.meaning.reading import Reading, read_for_meaning
from tallylight.compliance.pack import Pack, load_pack_data
from tallylight.compliance.second_opinion import named_of

EXAMINERS = (11, 18, 23)
"""The writers whose sentences are kept back: thresholds are chosen on them, nothing is taught from them."""
_PRACTICE = 1_500
_SEED = 4


@dataclass(frozen=True)
class Lesson:
    """One sentence to learn from or to be examined on."""

    reading: Reading
    violating: bool
    rule: str | None


def lessons(named: bool, on_air: random.Random | None = None) -> list[Lesson]:
    """What is taught. ``named``: with what the patterns found, where the pack's writers had not seen the sentence.

    ``on_air``: the fresh sentences alone, as they stand in a live show; it decides how.
    """
    practice = list(sentences("us-en", "practice"))
    random.Random(_SEED).shuffle(practice)
    seen = [*practice[:_PRACTICE], *sentences("us-en", "develop")]
    fresh = [each for each in sentences("us-en", "taught") if each.writer not in EXAMINERS]
    if on_air is not None:
        return _read(map(OnAir(fresh, on_air), fresh), named=named)
    return [*_read(seen, named=False), *_read(fresh, named=named)]


def examination(on_air: random.Random | None = None) -> list[Lesson]:
    """The examiners' sentences, alone or as they stand in a live show."""
    pool = [each for each in sentences("us-en", "taught") if each.writer not in EXAMINERS]
    asked = [each for each in sentences("us-en", "taught") if each.writer in EXAMINERS]
    return _read(asked if on_air is None else map(OnAir(pool, on_air), asked), named=True)


def _read(of: Iterable[Sentence], *, named: bool) -> list[Lesson]:
    patterns = Pack(msgspec.structs.replace(load_pack_data("us-en"), meaning=None))
    return [Lesson(_reading(each, patterns, named=named), each.violating, each.rule) for each in of]


def _reading(sentence: Sentence, patterns: Pack, *, named: bool) -> Reading:
    facts = sentence.live_facts
    judged, places, before = judge_after(sentence.text, sentence.context, facts, patterns)
    earlier = [word for said in sentence.context for word, _, _ in words_of(said, patterns)][-before:] if before else []
    tokens = patterns.read([*earlier, *(word for word, _, _ in places)])
    fresh = next((at for at, token in enumerate(tokens) if token.word >= len(earlier)), len(tokens))
    found = named_of(judged.findings, judged.excused) if named else []
    return read_for_meaning(tokens, fresh, facts, found)
