"""How much of what must be stopped is stopped, and how much ordinary talk with it, beside keyword lists.

``uv run python -m bench.truth [--text-only] [--sentences N] [--speech-half develop] [--misses]``. The sentences are
tests/corpora; the figures are fractions of the half that is only measured, unless their names say develop. Text is
judged as the product judges a script's line; speech is voiced, mixed with a room or with music, heard by the product's
own streaming recogniser and judged as on air (bench.truth_speech). The peer, in the same run: a keyword list a rule
(bench.truth_keywords) on the same text and on the same recognised words.

Tables a rule go to stderr, one JSON object to stdout. ``--misses`` lists what went wrong on the develop half only.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence

from tests.corpora.sentences import MARKETS, Half, Sentence, sentences

from bench.truth_figures import Outcome, Score, score, share, table
from bench.truth_keywords import keyword_rules
from bench.truth_speech import LEVELS, Hearing, hear_all, sample
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.judge import judge
from tallylight.compliance.pack import Pack, load_pack
from tallylight.compliance.types import RANK, Circumstances, Judged, Utterance
from tallylight.speech.faster_whisper_engine import BUNDLED_MODEL

MARKET = "us-en"
SPEECH_SENTENCES = 430
_STOPS = RANK["hold"]
_REMEMBERED = 2_000
"""Sentences read a second time: fewer than the product remembers."""


def circumstances(facts: LiveFacts, market: str) -> Circumstances:
    """What is known when the sentence is said: one product on sale, the show's host and rivals."""
    subject = ShowSubject(market=market, host_is_paid=facts.host_is_paid, competitors=tuple(facts.competitors or ()))
    return Circumstances(products=[ProductFacts(None, (), facts)], subject=subject)


def judge_text(sentence: Sentence, pack: Pack, market: str) -> Judged:
    """``sentence`` after what was said before it, each an utterance of its own."""
    known = circumstances(sentence.live_facts, market)
    before: list[str] = []
    question = None
    for text in sentence.context:
        said = _words(text)
        question = judge(
            Utterance(words=(*before, *said), context=len(before), question=question), known, pack
        ).question
        before += said
    words = (*before, *sentence.text.split())
    return judge(Utterance(words=words, context=len(before), question=question), known, pack)


def _words(text: str) -> list[str]:
    """An utterance that is over: its last word ends a sentence."""
    return (text if text[-1] in ".?!" else f"{text}.").split()


def text_outcomes(of: Sequence[Sentence], pack: Pack, market: str) -> list[Outcome]:
    return [outcome(each, judge_text(each, pack, market)) for each in of]


def outcome(sentence: Sentence, judged: Judged) -> Outcome:
    rules = frozenset(found.rule for found in judged.findings if RANK[found.verdict] >= _STOPS)
    return Outcome(sentence, rules, judged.verdict == "block")


def keyword_outcomes(of: Sequence[Sentence], said: Mapping[str, str]) -> list[Outcome]:
    """``said``: the words of each sentence, by its id."""
    return [Outcome(each, keyword_rules(said[each.id])) for each in of]


def lines_per_second(of: Sequence[Sentence], pack: Pack) -> int:
    """Sentences judged in a second of this process's own time, facts already read; each once, since the product
    remembers what it thought of a sentence.
    """
    ready = [(Utterance(words=tuple(each.text.split())), circumstances(each.live_facts, MARKET)) for each in of]
    before = time.process_time()
    for utterance, known in ready:
        judge(utterance, known, pack)
    return int(len(ready) / (time.process_time() - before))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def report_misses(title: str, outcomes: Sequence[Outcome], heard: Mapping[str, str] | None = None) -> None:
    say(f"\n{title}: what went wrong")
    for each in outcomes:
        if each.right == each.sentence.violating:
            continue
        kind = "missed" if each.sentence.violating else f"stopped by {', '.join(sorted(each.rules))}"
        words = f"  heard: {heard[each.sentence.id]}" if heard else ""
        say(f"  {each.sentence.id}: {kind}: {each.sentence.text}{words}")


def measure_text(figures: dict[str, float], misses: bool) -> tuple[Score, Score]:
    """Fills ``figures``; the measured half's score of the product and of the keyword lists."""
    scores: dict[str, tuple[Score, Score]] = {}
    for market in MARKETS:
        try:
            pack = load_pack(market)
        except KeyError:
            say(f"\n{market}: no pack, not measured")
            continue
        halves: tuple[Half, Half] = ("develop", "measured")
        for half in halves:
            of = sentences(market, half)
            product = text_outcomes(of, pack, market)
            lists = keyword_outcomes(of, {each.id: each.text for each in of})
            own, peer = score(product), score(lists)
            key = "" if (market, half) == (MARKET, "measured") else f"_{market.replace('-', '_')}_{half}"
            key = f"_{half}" if market == MARKET and half == "develop" else key
            figures |= {f"text_recall{key}": round(own.recall, 4), f"text_false{key}": round(own.false, 4)}
            figures[f"text_right_rule{key}"] = round(own.named, 4)
            if market == MARKET:
                figures |= {
                    f"keywords_text_recall{key}": round(peer.recall, 4),
                    f"keywords_text_false{key}": round(peer.false, 4),
                }
                scores[half] = own, peer
            say(table(f"text, {market}, {half}", product, lists))
            if misses and half == "develop":
                report_misses(f"text, {market}, {half}", product)
    patterns = load_pack(MARKET).patterns_only()
    figures["lines_per_s"] = lines_per_second(sentences(MARKET, "practice"), load_pack(MARKET))
    figures["lines_per_s_again"] = lines_per_second(sentences(MARKET, "practice")[-_REMEMBERED:], load_pack(MARKET))
    figures["lines_per_s_patterns_only"] = lines_per_second(sentences(MARKET, "practice"), patterns)
    alone = score(text_outcomes(sentences(MARKET, "measured"), patterns, MARKET))
    figures |= {"text_recall_patterns_only": round(alone.recall, 4), "text_false_patterns_only": round(alone.false, 4)}
    return scores["measured"]


def measure_speech(figures: dict[str, float], half: Half, count: int, misses: bool, model: str) -> tuple[Score, Score]:
    """Fills ``figures``; the scores in quiet of the product and of the keyword lists."""
    of = sample(sentences(MARKET, half), count)
    pack = load_pack(MARKET)
    ending = "" if half == "measured" else f"_{half}"
    hearings, figures["speech_cores"] = hear_all(of, pack, lambda each: circumstances(each.live_facts, MARKET), model)
    scores = {}
    for level in LEVELS:
        heard: dict[str, Hearing] = hearings[level]
        product = [Outcome(each, heard[each.id].rules, heard[each.id].block) for each in of]
        texts = {name: each.text for name, each in heard.items()}
        lists = keyword_outcomes(of, texts)
        own, peer = score(product), score(lists)
        key = f"{ending}" if level == "quiet" else f"_{level}{ending}"
        figures |= {
            f"speech_recall{key}": round(own.recall, 4),
            f"speech_false{key}": round(own.false, 4),
            f"keywords_speech_recall{key}": round(peer.recall, 4),
            f"keywords_speech_false{key}": round(peer.false, 4),
        }
        figures[f"speech_kept{key}"] = round(kept(text_outcomes(of, pack, MARKET), product), 4)
        scores[level] = own, peer
        say(table(f"speech, {half}, {level}", product, lists))
        if misses and half == "develop":
            report_misses(f"speech, {half}, {level}", product, texts)
    figures[f"speech_sentences{ending}"] = len(of)
    return scores["quiet"]


def kept(as_text: Sequence[Outcome], as_speech: Sequence[Outcome]) -> float:
    """Of the violating sentences that are stopped as text, the share that is stopped as speech too."""
    pairs = zip(as_text, as_speech, strict=True)
    return share(speech.right for text, speech in pairs if text.sentence.violating and text.right)


def ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--text-only", action="store_true")
    parser.add_argument("--speech-only", action="store_true")
    parser.add_argument("--speech-model", default=BUNDLED_MODEL, help="as TALLYLIGHT_SPEECH_MODEL")
    parser.add_argument("--sentences", type=int, default=SPEECH_SENTENCES, help="how many are voiced and heard")
    parser.add_argument("--speech-half", choices=["develop", "measured"], default="measured")
    parser.add_argument("--misses", action="store_true", help="list what went wrong on the develop half")
    asked = parser.parse_args()
    figures: dict[str, float] = {}
    ratios: dict[str, float | None] = {}
    if not asked.speech_only:
        own, peer = measure_text(figures, asked.misses)
        ratios |= {
            "text_missed_vs_keywords": ratio(1 - own.recall, 1 - peer.recall),
            "text_false_vs_keywords": ratio(own.false, peer.false),
        }
    if not asked.text_only:
        own, peer = measure_speech(figures, asked.speech_half, asked.sentences, asked.misses, asked.speech_model)
        ratios |= {
            "speech_missed_vs_keywords": ratio(1 - own.recall, 1 - peer.recall),
            "speech_false_vs_keywords": ratio(own.false, peer.false),
        }
    print(json.dumps({"bench": "truth", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
