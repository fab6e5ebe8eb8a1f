"""The model of meaning: MiniLM (Wang et al. 2020), fine-tuned on tests/corpora by tools/meaning/train.py.

Two heads over one encoder: how likely a legal desk would want the words stopped, and by which rule. Weights are
8-bit, run by onnxruntime on one core.
"""

from functools import cache, lru_cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tallylight.compliance.meaning.reading import Reading

MODELS = ("english",)
RULES = tuple(f"R{number}" for number in range(1, 22))
SAID_TOKENS_MAX = 80
TOKENS_MAX = 110
_REMEMBERED = 4096


class Opinion(msgspec.Struct, frozen=True):
    """``violating``: from 0 to 1; ``rule``: the likeliest of R1 to R21, whatever ``violating`` is."""

    violating: float
    rule: str


class Meaning:
    """Reads what was said beside what is known. Thread-safe; holds about 40 MB.

    The latest opinions are remembered: hosts and scripts repeat themselves, and speech is judged again as it grows.
    """

    def __init__(self, weights: bytes, words: str) -> None:
        import onnxruntime  # Only now: it takes a while, and many commands load packs without judging.

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._words = Tokenizer.from_str(words)
        self._words.no_padding()
        self._words.no_truncation()
        self._start, self._stop = self._id("[CLS]"), self._id("[SEP]")
        self._remembered = lru_cache(_REMEMBERED)(self._think)

    def opinion(self, reading: Reading) -> Opinion:
        """What ``reading`` means."""
        return self._remembered(reading)

    def _think(self, reading: Reading) -> Opinion:
        """One at a time: 8-bit sums of a batch would depend on what else is in it."""
        said, known = self._coded(reading)
        ids: NDArray[np.int64] = np.array([said + known], np.int64)
        kinds = np.zeros_like(ids)
        kinds[0, len(said) :] = 1
        feed = {"ids": ids, "mask": np.ones_like(ids), "kinds": kinds}
        violating, rules = self._session.run(["violating", "rules"], feed)
        return Opinion(float(violating[0]), RULES[int(rules[0].argmax())])

    def _id(self, mark: str) -> int:
        number = self._words.token_to_id(mark)
        if number is None:
            raise ValueError(f"the model's words have no {mark}")
        return int(number)

    def _coded(self, reading: Reading) -> tuple[list[int], list[int]]:
        said = self._words.encode(reading.said, add_special_tokens=False).ids[:SAID_TOKENS_MAX]
        said = [self._start, *said, self._stop]
        if not reading.known:
            return said, []
        known = self._words.encode(reading.known, add_special_tokens=False).ids[: TOKENS_MAX - len(said) - 1]
        return said, [*known, self._stop]


@cache
def load_meaning(name: str) -> Meaning:
    """The model that ships as ``name`` ("english"). Raises KeyError when there is none."""
    if name not in MODELS:
        raise KeyError(name)
    folder = resources.files("tallylight.compliance.meaning") / "models" / name
    words = (folder / "words.json").read_text(encoding="utf-8")
    return Meaning((folder / "weights.onnx").read_bytes(), words)
