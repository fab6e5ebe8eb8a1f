"""Groups words into caption lines, and hands a line out only when all of it has been released. Pure."""

from collections import deque
from collections.abc import Callable

import msgspec

LINE_CHARS_MAX = 42
PAUSE_US = 700_000
LINE_US_MAX = 3_000_000
WORDS_MAX = 2_000
BLEEPED = "[bleep]"
_SENTENCE_ENDS = (".", "!", "?")


class CaptionWord(msgspec.Struct, frozen=True):
    text: str
    start_us: int
    end_us: int


class Caption(msgspec.Struct, frozen=True):
    """A line to show while its span plays; programme time."""

    start_us: int
    end_us: int
    text: str


class Captions:
    """``hear`` words in order; ``take`` the lines whose end has been released."""

    def __init__(self) -> None:
        self._words: deque[CaptionWord] = deque(maxlen=WORDS_MAX)

    def hear(self, word: CaptionWord) -> None:
        self._words.append(word)

    def take(self, released_us: int, judged_us: int, aired_clear: Callable[[int, int], bool]) -> list[Caption]:
        """Lines that end before ``released_us``. A line is whole when its next word is known to belong to another:
        because that word is there, or because everything has been heard (``judged_us``) past a pause.

        ``aired_clear(start, end)`` says whether a span aired as it came; words that did not become BLEEPED.
        """
        lines = []
        while line := self._first_line(judged_us):
            if line[-1].end_us > released_us:
                break
            for _ in line:
                self._words.popleft()
            lines.append(Caption(line[0].start_us, line[-1].end_us, _text(line, aired_clear)))
        return lines

    def _first_line(self, judged_us: int) -> list[CaptionWord]:
        line: list[CaptionWord] = []
        chars = 0
        for word in self._words:
            if line and (
                chars + 1 + len(word.text) > LINE_CHARS_MAX
                or word.start_us - line[-1].end_us > PAUSE_US
                or word.end_us - line[0].start_us > LINE_US_MAX
                or line[-1].text.endswith(_SENTENCE_ENDS)
            ):
                return line
            line.append(word)
            chars += 1 + len(word.text)
        return line if line and judged_us - line[-1].end_us > PAUSE_US else []


def _text(line: list[CaptionWord], aired_clear: Callable[[int, int], bool]) -> str:
    texts: list[str] = []
    for word in line:
        text = word.text if aired_clear(word.start_us, word.end_us) else BLEEPED
        if text != BLEEPED or texts[-1:] != [BLEEPED]:
            texts.append(text)
    return " ".join(texts)
