"""Reading Chinese: words by longest match against the pack's own vocabulary, numbers and prices as figures.

What the engine asks about in English (not, yes, percent, minutes) is put in English here, so that scope, numbers and
comparisons are the same code in every language: 不 is read as "not", 八折 as "20 percent off", 九块九 as "9.9 cny".
Everything else stays as it is written, a word or a single character a token. A question particle stands at the end of
a Chinese sentence; the token "asks" is put where an English reader of a question would say so.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from tallylight.compliance.tokens import HARD, NONE, SOFT, Token
from tallylight.compliance.word_sets import word_set

_WORD_CHARS_MAX = 10
_HARD_MARKS = frozenset("。！？!?；\n…")
_SOFT_MARKS = frozenset('，、,;：:（）()“”"')
_QUESTION_WORDS = ("能不能", "会不会", "是不是", "有没有", "可不可以", "可以不可以")
_DIGITS = {**{char: value for value, char in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2, "俩": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_NUMERAL = "零〇一二两三四五六七八九十百千万"
_ENGLISH: dict[str, tuple[str, ...]] = {
    chinese: tuple(english.split())
    for english, words in {
        "not": "不 没 别 无 未 没有 不是 不会 不能 并不 从不 并非 不可 不要 勿 不可以",
        "not only": "不仅 不但 不只 不光 不止",
        "but": "但是 但 不过 可是",
        "yes": "是的 对 对的 当然 没错 可以的 会的 能的 肯定 必须的 是啊 有的",
        "asks": "问 有人问 想问 请问 问我 提问 问一下",
        "myth": "谣言 假的 骗人 误区",
        "seconds": "秒 秒钟",
        "minutes": "分钟 分",
        "hours": "小时 个小时 个钟头 钟头",
        "days": "天",
        "weeks": "周",
        "months": "个月",
        "today": "今天",
        "tonight": "今晚",
        "tomorrow": "明天",
        "midnight": "半夜 零点",
        "about": "大概 差不多",
        "sorry": "对不起 说错了 口误",
    }.items()
    for chinese in words.split()
}
CONTROL_WORDS = frozenset(_ENGLISH) | word_set(
    "不错 不得了 没想到 别人 特别 别的 分别 识别 级别 区别 告别 性别 个别 最近 最后 最好 最初 最终 最少 最多 "
    "无论 无糖 无香 未来 一起 一样 一定 一下 一点 一些 一直 一般 一共 一个 万一 十分 千万 百搭 第一次 第一步 "
    "第一个 第一天 第一款 第一件 第一时间 对吧 对于 对面 面对 分享 部分 成分 充分 分量 天气 天然 天天 每天 聊天 "
    "春天 夏天 秋天 冬天 周末 没关系 不好意思 不用谢 别着急 有的是 一口价 两用 三明治 四季 五官 万能 问题 学问 "
    "访问 顾问 有问题 没问题 最喜欢 最爱 双十一 六一"
)
"""Words that must not be cut: everyday ones with a numeral, a negation or 最 in them."""
_AMOUNT = re.compile(
    rf"(?P<whole>\d+(?:\.\d+)?|[{_NUMERAL}]+(?:点[零〇一二三四五六七八九]+)?)"
    rf"(?P<unit>块钱|块|元钱|元|毛|角|折|成|%|％)?"
    rf"(?P<rest>半|[一二三四五六七八九]|\d{{1,2}})?(?P<small>毛|角)?"
)
_YUAN = ("块钱", "块", "元钱", "元")
_PERCENT_SAID = re.compile(rf"百分之(\d+|[{_NUMERAL}]+)")
_HAS_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Piece(msgspec.Struct, frozen=True):
    """Characters ``start`` to ``end`` of a text and the tokens that they are read as; none for a mark."""

    start: int
    end: int
    texts: tuple[str, ...]
    mark: int = NONE
    question: bool = False


def chinese_words(text: str, vocabulary: frozenset[str]) -> list[tuple[str, int, int]]:
    """The words of a written text with their places, as ``tokens.text_words``: a mark belongs to the word before it."""
    words: list[tuple[str, int, int]] = []
    for piece in _pieces(text, vocabulary):
        if piece.texts:
            words.append((text[piece.start : piece.end], piece.start, piece.end))
        elif words:
            _, start, _ = words[-1]
            words[-1] = (text[start : piece.end].strip(), start, piece.end)
    return words


def join_words(words: Sequence[str]) -> str:
    """Words as a sentence: no space where Chinese meets Chinese."""
    if all(word.isascii() for word in words):
        return " ".join(words)
    joined = ""
    for word in words:
        touches = (
            joined
            and word
            and (_HAS_CHINESE.match(joined[-1]) or _HAS_CHINESE.match(word[0]) or joined[-1] in "。，！？")
        )
        joined += word if not joined or touches else f" {word}"
    return joined


def read_chinese(words: Sequence[str], vocabulary: frozenset[str]) -> list[Token]:
    """Tokens of ``words``: their characters are read together, so a word may come in several pieces."""
    text, owner = "", []
    for index, word in enumerate(words):
        if text and _is_latin(text[-1]) and _is_latin(word[:1]):
            text += " "
            owner.append(index)
        text += word
        owner.extend([index] * len(word))
    tokens: list[Token] = []
    before = HARD
    for piece in _pieces(text, vocabulary):
        if not piece.texts:
            before = max(before, piece.mark)
            if piece.question and tokens:
                tokens[-1] = msgspec.structs.replace(tokens[-1], question=True)
            continue
        for text_of in piece.texts:
            tokens.append(Token(text_of, owner[piece.start], before))
            before = NONE
    return _with_readers(tokens)


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _with_readers(tokens: list[Token]) -> list[Token]:
    """ "asks" at the head of each clause of a sentence that asks."""
    found: list[Token] = []
    start = 0
    while start < len(tokens):
        end = start + 1
        while end < len(tokens) and tokens[end].before != HARD:
            end += 1
        sentence = tokens[start:end]
        asking = next((at for at, token in enumerate(sentence) if token.text in ("吗", *_QUESTION_WORDS)), None)
        if asking is not None:
            sentence[-1] = msgspec.structs.replace(sentence[-1], question=True)
        for token in sentence:
            if asking is not None and token.before != NONE:
                found.append(Token("asks", token.word, token.before))
                token = msgspec.structs.replace(token, before=NONE)
            if token.text in _QUESTION_WORDS:
                token = msgspec.structs.replace(token, text="asks")
            found.append(token)
        start = end
    return found


@lru_cache(maxsize=4096)
def _pieces(text: str, vocabulary: frozenset[str]) -> tuple[Piece, ...]:
    plain = "".join(_plain(char) for char in text)
    found: list[Piece] = []
    at = 0
    while at < len(plain):
        piece = _piece_at(plain, at, vocabulary)
        found.append(piece)
        at = piece.end
    return tuple(found)


def _plain(char: str) -> str:
    """Full-width figures and letters as ASCII; one character stays one character."""
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char


def _piece_at(text: str, at: int, vocabulary: frozenset[str]) -> Piece:
    char = text[at]
    if char in _HARD_MARKS:
        return Piece(at, at + 1, (), HARD, question=char in "?？")
    if char in _SOFT_MARKS:
        return Piece(at, at + 1, (), SOFT)
    if not char.isalnum() and char not in "￥¥%":
        return Piece(at, at + 1, ())
    for size in range(min(_WORD_CHARS_MAX, len(text) - at), 1, -1):
        word = text[at : at + size]
        if word in vocabulary or word in _QUESTION_WORDS:
            return Piece(at, at + size, _ENGLISH.get(word, (word,)))
    number = _number_at(text, at)
    if number is not None:
        return number
    if _is_latin(char):
        end = at
        while end < len(text) and (_is_latin(text[end]) or text[end] == "'"):
            end += 1
        return Piece(at, end, (text[at:end],))
    return Piece(at, at + 1, _ENGLISH.get(char, (char,)))


def _number_at(text: str, at: int) -> Piece | None:
    """A number, a price (九块九), a discount (八五折, 半价) or a share (百分之九十) that begins at ``at``."""
    if text.startswith(("半价", "五折"), at):
        return Piece(at, at + 2, ("50", "percent", "off"))
    share = _PERCENT_SAID.match(text, at)
    if share:
        return Piece(at, share.end(), (_figure(_value(share.group(1))), "percent"))
    sign = at + 1 if text[at] in "￥¥" else at
    found = _AMOUNT.match(text, sign)
    if found is None:
        return None
    unit, rest = found["unit"], found["rest"]
    value = _value(found["whole"])
    if unit == "折":
        tenths = value if value < 10 else value / 10
        return Piece(at, found.end("unit"), (_figure(100 - tenths * 10), "percent", "off"))
    if unit == "成":
        return Piece(at, found.end("unit"), (_figure(value * 10), "percent"))
    if unit in ("%", "％"):
        return Piece(at, found.end("unit"), (_figure(value), "percent"))
    if unit in ("毛", "角"):
        return Piece(at, found.end("unit"), (_figure(value / 10), "cny"))
    if unit in _YUAN:
        if rest is None:
            return Piece(at, found.end("unit"), (_figure(value), "cny"))
        part = Decimal(5) if rest == "半" else Decimal(_DIGITS.get(rest, 0)) if not rest.isdigit() else Decimal(rest)
        value += part / (100 if rest.isdigit() and len(rest) == 2 else 10)
        return Piece(at, found.end("small") if found["small"] else found.end("rest"), (_figure(value), "cny"))
    texts = (_figure(value), "cny") if sign > at else (_figure(value),)
    return Piece(at, found.end("whole"), texts)


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _value(numeral: str) -> Decimal:
    """一百二十九 is 129, 一百二 is 120, 九九 is 99 (digits read out), 九点九 is 9.9."""
    if numeral[0].isdigit():
        return Decimal(numeral)
    if "点" in numeral:
        whole, digits = numeral.split("点")
        return Decimal(f"{_value(whole)}.{''.join(str(_DIGITS[digit]) for digit in digits)}")
    if not any(char in _SCALES for char in numeral):
        return Decimal("".join(str(_DIGITS[char]) for char in numeral))
    total, section, digit, scale = 0, 0, 0, 1
    for char in numeral:
        if char in _DIGITS:
            digit = _DIGITS[char]
            if digit == 0:
                scale = 10
        elif char == "万":
            total, section, digit, scale = (total + section + digit or 1) * 10_000, 0, 0, 10_000
        else:
            scale = _SCALES[char]
            section, digit = section + (digit or 1) * scale, 0
    if digit and scale >= 100 and numeral[-1] in _DIGITS and (len(numeral) < 2 or numeral[-2] in _SCALES):
        digit *= scale // 10
    return Decimal(total + section + digit)
