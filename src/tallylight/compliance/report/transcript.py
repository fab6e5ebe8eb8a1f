"""The transcript as lines with the findings' words marked. Pure."""

from collections.abc import Sequence

from tallylight.compliance.report.document import FindingRecord, Line, Mark
from tallylight.speech.recogniser import Word

PAUSE_US = 700_000
LINE_WORDS_MAX = 28


def phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words in order, parted at pauses, at sentence ends, and at LINE_WORDS_MAX."""
    found: list[list[Word]] = []
    for word in words:
        last = found[-1] if found else None
        if (
            last is None
            or word.start_us - last[-1].end_us >= PAUSE_US
            or len(last) >= LINE_WORDS_MAX
            or (len(last) > 2 and last[-1].text.endswith((".", "?", "!", "。", "？", "！")))
        ):
            found.append([word])
        else:
            last.append(word)
    return found


def marked_lines(words: Sequence[Word], findings: Sequence[FindingRecord]) -> list[Line]:
    """The transcript's lines; a word is marked when its middle lies in a finding."""
    lines = []
    for phrase in phrases(words):
        text, marks = "", list[Mark]()
        for word in phrase:
            start = len(text) + (1 if text else 0)
            text = f"{text} {word.text}" if text else word.text
            middle = (word.start_us + word.end_us) // 2
            for finding in findings:
                if finding.start_us <= middle < max(finding.end_us, finding.start_us + 1):
                    _mark(marks, start, len(text), finding)
        lines.append(Line(phrase[0].start_us, phrase[-1].end_us, text, marks))
    return lines


def _mark(marks: list[Mark], first: int, end: int, finding: FindingRecord) -> None:
    for index, mark in enumerate(marks):
        if mark.finding == finding.number and mark.end == first - 1:
            marks[index] = Mark(mark.first, end, mark.finding, mark.verdict)
            return
    marks.append(Mark(first, end, finding.number, finding.verdict))
