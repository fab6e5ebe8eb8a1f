"""How long after it was said a word is known: the measured lag that a delay must leave room for."""

from collections import deque

WORDS_KEPT = 300
"""Two minutes of talk: the figure follows the machine's load within a few phrases."""
WORDS_NEEDED = 20


class RecognitionLag:
    """``heard`` each word as it comes; wall and programme time in microseconds."""

    def __init__(self) -> None:
        self._lags_us: deque[int] = deque(maxlen=WORDS_KEPT)

    def heard(self, word_end_us: int, now_us: int) -> None:
        self._lags_us.append(max(now_us - word_end_us, 0))

    @property
    def p95_us(self) -> int | None:
        """Nineteen of twenty words were known by then; None while too few have been heard."""
        if len(self._lags_us) < WORDS_NEEDED:
            return None
        return sorted(self._lags_us)[len(self._lags_us) * 95 // 100]
