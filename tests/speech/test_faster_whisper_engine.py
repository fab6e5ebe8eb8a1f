"""The engine on real sentences: few errors, word times where the words are, nothing heard in silence."""

from functools import cache

import numpy as np
import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.speech.faster_whisper_engine import WINDOW_SAMPLES_MAX, FasterWhisperEngine, model_folder
from tallylight.speech.recogniser import Hints
from tallylight.speech.window_words import without_loops
from tests.support.hearing import words_of
from tests.support.speech_sounds import said, sound

HINTS = Hints(("Harlow Brook", "eczema", "arthritis"))


@cache
def engine() -> FasterWhisperEngine:
    return FasterWhisperEngine(threads=1)


def errors(reference: list[str], heard: list[str]) -> int:
    """Edit distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def test_word_error_rate_over_all_sentences() -> None:
    wrong = spoken = 0
    for name, text in said().items():
        reference = words_of(text)
        heard = words_of(" ".join(word.text.strip() for word in without_loops(engine().transcribe(sound(name), HINTS))))
        wrong += errors(reference, heard)
        spoken += len(reference)
    assert wrong / spoken <= 0.12


def test_word_times_go_forward() -> None:
    for name in said():
        words = engine().transcribe(sound(name), HINTS)
        starts = [word.start_sample for word in words]
        assert starts == sorted(starts)
        assert all(word.start_sample <= word.end_sample for word in words)


def test_hints_are_not_heard_where_they_are_not_said() -> None:
    for name in ("welcome", "mug", "price", "goodbye"):
        text = " ".join(word.text for word in engine().transcribe(sound(name), HINTS)).lower()
        assert not any(rare in text for rare in ("harlow", "eczema", "arthritis"))


def test_a_name_written_with_a_sign_is_heard_as_it_is_spoken() -> None:
    words = [word.text.strip() for word in engine().transcribe(sound("candle"), Hints(("Cedar & Fig Candle",)))]
    assert words[-4:] == ["Cedar", "and", "Fig", "Candle."]


def test_a_window_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="WINDOW_SAMPLES_MAX"):
        engine().transcribe(np.zeros(WINDOW_SAMPLES_MAX + 1, dtype=np.float32), Hints())


def test_the_default_model_needs_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert model_folder("tiny.en") != "tiny.en"
    with pytest.raises(InvalidInputError):
        model_folder("/nowhere/at/all")
