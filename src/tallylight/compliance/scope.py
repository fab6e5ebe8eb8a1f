"""Scope: whether words that would violate are denied, asked, or told as false.

Pure functions over tokens and a span. Clauses end at sentence ends, commas before a new clause and "but", "because".
"""

from collections.abc import Sequence
from itertools import pairwise

from tallylight.compliance.tokens import HARD, NONE, SOFT, Token
from tallylight.compliance.word_sets import word_set

_NEGATORS = word_set("not never no nobody nothing neither nor without none hardly nope nah")
_CLAUSE_WORDS = word_set("but because although though however so then yet except until till")
_CLAUSE_SUBJECTS = word_set("it this that these they i we you she he")
_LOOK_BACK = 7
_LOOK_BACK_IN_LISTS = 14
_CLAUSE_OPENERS = word_set("it this that they i we you he she these those there and which who the a my your our")
_NOT_NEGATIONS = (
    ("not", "only"), ("not", "just"), ("not", "even"), ("not", "to", "mention"), ("no", "doubt"), ("no", "wonder"),
    ("no", "joke"), ("no", "kidding"), ("no", "question"), ("no", "lie"), ("no", "matter"), ("never", "fails"),
    ("never", "failed"), ("never", "fail"), ("not", "believe"), ("not", "wait"), ("not", "stop"),
    ("not", "tell", "you"), ("not", "going", "to", "lie"), ("not", "miss"), ("not", "worry"), ("not", "forget"),
    ("why", "not"), ("if", "not"), ("no", "more"), ("nothing", "else"), ("no", "other"), ("nobody", "else"),
    ("not", "seen", "anything"), ("no", "one", "else"), ("no", "need"), ("not", "need"),
    ("without", "fail"), ("without", "a", "doubt"),
    ("without", "question"), ("no", "exaggeration"), ("not", "exaggerating"), ("not", "kidding"), ("not", "joking"),
    ("no", "brainer"), ("not", "sleep", "on"), ("not", "gatekeep"), ("not", "let"), ("not", "care"),
    ("not", "know", "how"), ("not", "a", "doctor"), ("not", "you", "want"), ("not", "take", "my", "word"),
    ("not", "think"), ("no", "lies"), ("no", "cap"), ("nothing", "short"), ("not", "overthink"), ("not", "blink"),
    ("not", "ask", "me"), ("not", "play"), ("not", "going", "to", "believe"), ("not", "lying"), ("not", "lie"),
    ("nobody", "is", "telling"), ("not", "hide"), ("not", "sleeping"), ("nobody", "talks"), ("no", "wait"),
    ("no", "seriously"), ("no", "really"), ("no", "honestly"), ("not", "be", "shy"), ("not", "hesitate"),
    ("not", "waste"), ("never", "been"), ("not", "pass"), ("not", "walk"), ("not", "scroll"), ("nothing", "beats"),
    ("not", "imagine"), ("not", "be", "surprised"), ("not", "say", "enough"), ("not", "recommend"),
    ("not", "stress", "enough"), ("not", "ignore"), ("no", "secret"), ("never", "thought"), ("not", "have", "to"),
    ("no", "time"), ("nothing", "to", "lose"), ("not", "exactly", "a", "secret"),
)  # fmt: skip
_DISCLAIMING = (
    ("not", "saying"), ("not", "claiming"), ("not", "allowed", "to", "say"), ("not", "supposed", "to", "say"),
    ("not", "say"), ("not", "legally", "say"), ("not", "claim"), ("not", "promise"), ("not", "promising"),
    ("not", "allowed", "to", "claim"), ("not", "tell", "you", "it"), ("not", "calling"), ("not", "call", "it"),
    ("not", "pretend"), ("not", "going", "to", "sit", "here"), ("not", "telling", "you"),
    ("not", "allowed", "to", "tell"),
)  # fmt: skip
_DISCLAIMING_OPENERS = {phrase[0] for phrase in _DISCLAIMING}
_READS_QUESTION = word_set("asking asks asked ask wondering wonders wonder question questions")
_LEADS_IN = word_set("and so or but oh okay well hey now then")
_READS_ALOUD = _READS_QUESTION | word_set(
    "says said saying writes wrote typed types commented comments comment chat know curious"
)
_FRAGMENT_TOKENS_MAX = 5
"""A question without a verb ("doctor recommended?") is at most this long; longer ones assert what they ask."""
_QUESTION_AUX = word_set("does do did can could will would is are was has have should")
_QUESTION_SUBJECT = word_set("it this that these those they the he she any anyone there your you i")
_FALSE_AFTER = word_set("myth false untrue nonsense lie rumor wrong bogus hogwash baloney")
_TAKEN_BACK = tuple(
    tuple(phrase.split())
    for phrase in (
        "can not say that", "can not claim that", "can not make that claim", "not say that", "take that back",
        "scratch that", "do not know that", "do not believe", "made that up", "not claim that", "not going to say",
        "not what it does", "not what this does", "not how it works", "we do not claim", "i do not claim",
        "not going to claim", "not going to say that", "not going to promise", "that is not us",
        "not making that claim", "i am kidding", "just kidding", "nobody told me that", "is not a thing",
        "take it back", "let me rephrase", "not promise that", "said no", "not allowed to say",
        "not supposed to say", "can not promise that", "not what we say", "not something we", "that is not what",
        "said nope", "told her no", "told him no", "told them no", "i corrected", "which is false",
        "do not say that",
    )
)  # fmt: skip
_TAKEN_BACK_BY = {
    first: [each for each in _TAKEN_BACK if each[0] == first] for first in {each[0] for each in _TAKEN_BACK}
}
_DENIES = word_set("no nope nah never not")
_DENIAL_LEADS = word_set("and oh well so um honestly actually uh sorry guys but")
_YES = word_set("yes yeah yep yup absolutely definitely sure certainly totally correct exactly indeed yea")
_PLAIN_YES = word_set("yes yeah yep yup absolutely totally definitely exactly")
_YES_PHRASES = (
    ("you", "bet"), ("you", "betcha"), ("hundred", "percent"), ("100", "percent"), ("for", "sure"), ("of", "course"),
    ("that", "is", "right"), ("that", "is", "correct"), ("that", "is", "true"), ("sure", "does"), ("sure", "is"),
    ("uh", "huh"), ("every", "time"),
)  # fmt: skip
_YES_REACH = 4
_NO = word_set("no nope not never sadly unfortunately sorry")
_IT = word_set("it this that these they those there")
_SUPPOSES = word_set(
    "think thinks thought thinking guess guessed guesses guessing assumed assume assumes pretend imagine"
)
_UNREAL_REACH = 8
_ANSWER_REACH = 8
_AFFIRM_VERBS = word_set("does will can is do are did")


def clause_start(tokens: Sequence[Token], at: int) -> int:
    """First token of the clause of token ``at``; commas of a list ("treat, cure or prevent") are inside."""
    start, over_list = at, False
    while start > 0 and at - start < (_LOOK_BACK_IN_LISTS if over_list else _LOOK_BACK):
        before = tokens[start - 1].text
        if tokens[start].before == HARD or before in _CLAUSE_WORDS:
            break
        if before == "and" and tokens[start].text in _CLAUSE_SUBJECTS:
            break
        if tokens[start].before == SOFT:
            if not _lists(tokens, start):
                break
            over_list = True
        start -= 1
    return start


def _lists(tokens: Sequence[Token], at: int) -> bool:
    """Whether the comma before token ``at`` divides a list: "or" follows it, or one comes a word or two later."""
    if tokens[at].text in ("or", "nor"):
        return True
    after = tokens[at + 1 : at + 3]
    return any(token.before == SOFT or token.text in ("or", "nor") for token in after) and not _opens(tokens[at])


def _opens(token: Token) -> bool:
    """Whether a clause of its own may begin with ``token``."""
    return token.text in _CLAUSE_OPENERS


def sentence_start(tokens: Sequence[Token], at: int) -> int:
    start = at
    while start > 0 and tokens[start].before != HARD:
        start -= 1
    return start


def sentence_end(tokens: Sequence[Token], at: int) -> int:
    """One past the last token of the sentence that token ``at`` belongs to."""
    end = at + 1
    while end < len(tokens) and tokens[end].before != HARD:
        end += 1
    return end


def negated(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the span is denied by a negator before it in its clause or inside it."""
    if _insinuated(tokens, start, end):
        return False
    first = clause_start(tokens, start)
    for at in range(first, end):
        if tokens[at].text in _NEGATORS and not _idiom(tokens, at):
            return not _nothing_better(tokens, first, end)
    return _disclaimed(tokens, start)


def disclaimed_but_said(tokens: Sequence[Token], start: int, end: int) -> bool:
    """ "I'm not saying it cures, but …": the denial is only a way to say it."""
    return _insinuated(tokens, start, end)


def asked(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the span ``start`` to ``end`` stands in a question that is read aloud or asked about the product."""
    first = sentence_start(tokens, start)
    stop = sentence_end(tokens, end - 1)
    sentence = tokens[first:stop]
    if any(token.text == "or" and after.text == "what" for token, after in pairwise(sentence)):
        return False
    before = [token.text for token in tokens[max(0, first - 8) : start]]
    reads = any(word in _READS_QUESTION for word in before) or "wants to know" in " ".join(before)
    reads = reads or any(token.text in _READS_QUESTION for token in tokens[end : min(stop, end + 4)])
    aux = _aux_at(tokens, first, start)
    marked = any(token.question for token in tokens[end - 1 : stop])
    if aux is not None:
        leads_in = all(token.text in _LEADS_IN for token in tokens[first:aux])
        if marked or leads_in or tokens[aux - 1].text in _READS_ALOUD:
            return True
    if marked and start == first and _question_end(tokens, end) - first <= _FRAGMENT_TOKENS_MAX:
        return True
    if reads and (aux is not None or marked or "if" in before or "whether" in before):
        return True
    return (aux is not None or marked) and denied_after(tokens, end)


def _question_end(tokens: Sequence[Token], end: int) -> int:
    """One past the token that a question mark follows, from the span's last token on."""
    return next(at + 1 for at in range(end - 1, len(tokens)) if tokens[at].question)


def asked_in_clause(tokens: Sequence[Token], start: int, end: int) -> bool:
    """As ``asked``, and the question's own clause holds the span: "Would I lie, it's nineteen?" asks nothing of it."""
    first = sentence_start(tokens, start)
    aux_at = _aux_at(tokens, first, start)
    if aux_at is None:
        at = next((at for at in range(start - 1, first, -1) if tokens[at].text in ("if", "whether")), None)
        reports = at is not None and tokens[at - 1].text in _READS_QUESTION | {"know"}
        return reports and all(token.before == NONE for token in tokens[at : start + 1])
    if any(token.before != NONE for token in tokens[aux_at + 1 : start + 1]):
        return False
    return asked(tokens, start, end)


def denied_after(tokens: Sequence[Token], end: int) -> bool:
    """Whether an answer that says no follows: at the next comma of the sentence or where the next one begins."""
    for at in range(end, min(len(tokens), end + 8)):
        if tokens[at].before == NONE:
            continue
        answer = [token.text for token in tokens[at : at + 6]]
        while len(answer) > 1 and answer[0] in _DENIAL_LEADS:
            answer = answer[1:]
        if answer[:1] and answer[0] in _DENIES:
            return True
        if answer[:4] in (["i", "do", "not", "know"], ["we", "do", "not", "claim"], ["i", "will", "not", "say"]):
            return True
        if len(answer) > 2 and answer[0] in ("it", "they", "we", "i", "that", "this") and answer[2] == "not":
            return True
    return False


def told_as_false(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the sentence or the next one calls the span untrue, or takes it back."""
    first = sentence_start(tokens, start)
    before = [token.text for token in tokens[first:start]]
    if "myth" in before or "rumor" in before or "false" in before:
        return True
    after = [token.text for token in tokens[end : end + 9]]
    for index, word in enumerate(after):
        if word in _FALSE_AFTER:
            return True
        if word == "true" and "not" in after[max(0, index - 2) : index]:
            return True
    texts = tuple(token.text for token in tokens[end : end + 14])
    for at in range(len(texts)):
        if any(texts[at : at + len(phrase)] == phrase for phrase in _TAKEN_BACK_BY.get(texts[at], ())):
            return "but" not in texts[at : at + 9]
    return False


def unreal(tokens: Sequence[Token], start: int, *, fact: bool) -> bool:
    """Whether the span at ``start`` is wished, supposed or guessed: "I wish it were", "if this was real silk".

    ``fact``: the span states a fact of the shop; then what others think or guess of it is no statement either ("my
    sister thinks it's made in France"), while of an effect it would be a testimonial.
    """
    first = max(sentence_start(tokens, start), start - _UNREAL_REACH)
    words = [token.text for token in tokens[first:start]]
    for at in range(len(words) - 1, -1, -1):
        if words[at] == "but" or (words[at] in _YES and tokens[first + at].before != NONE):
            return False
        after = words[at + 1 : at + 3]
        if words[at] in ("wish", "wishing", "wished") and at and words[at - 1] in ("i", "we", "would"):
            return after[1:2] in ([], ["was"], ["were"], ["had"], ["could"], ["would"], ["said"])
        if (
            words[at] == "if"
            and after[:1]
            and after[0] in _IT
            and [*after, tokens[start].text][1] in ("was", "were", "had")
        ):
            return True
        if words[at] in ("think", "believe") and words[at - 1 : at] == ["not"] and after[:1] and after[0] in _IT:
            return True
        if (
            fact
            and words[at] in _SUPPOSES
            and all(token.before == NONE for token in tokens[first + at + 1 : start + 1])
        ):
            if after[:1] == ["what"]:
                return False
            you = words[at - 1 : at] in (["i"], ["we"]) and words[at] in ("think", "believe", "bet", "guess")
            return not you
    return False


def affirmed_after(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The answer that says yes, right after the sentence or clause that token ``at`` is in: its span, or None."""
    end = sentence_end(tokens, at)
    for place in range(at + 1, end):
        if tokens[place].before == SOFT:
            answer = affirmation(tokens, place)
            if answer is not None:
                return answer
    return affirmation(tokens, end)


def affirmation(tokens: Sequence[Token], start: int) -> tuple[int, int] | None:
    """A yes at ``start`` and how far it goes ("yes it does", "absolutely"); None for anything else."""
    if start >= len(tokens):
        return None
    answer = [token.text for token in tokens[start : start + 6]]
    if answer[0] in ("and", "well", "oh", "so", "of") and len(answer) > 1:
        answer = answer[1:]
        offset = 1
    else:
        offset = 0
    if any(word in _NO for word in answer[:4]):
        return None
    pronoun = answer[0] in ("it", "they", "this", "that") and len(answer) > 1
    verb = answer[1] if pronoun else ""
    skips = 2 if pronoun and verb in ("sure", "really", "totally", "absolutely") else 1
    affirms = pronoun and len(answer) > skips and answer[skips] in _AFFIRM_VERBS
    if affirms and len(answer) > skips + 1 and tokens[start + offset + skips + 1].before == NONE:
        affirms = False
    agrees = any(word in _PLAIN_YES for word in answer[:_YES_REACH]) and tokens[start].before == HARD
    phrase = _find(tokens, start, start + _YES_REACH, _YES_PHRASES)
    if answer[0] in _YES or answer[0] == "course" or affirms or agrees or phrase is not None:
        end = start + offset + 1
        while end < len(tokens) and end < start + 5 and tokens[end].before != HARD:
            if tokens[end].before == SOFT and tokens[end].text not in ("it", "they", "this"):
                break
            end += 1
        return start, end
    return None


def _idiom(tokens: Sequence[Token], at: int) -> bool:
    for idiom in _NOT_NEGATIONS:
        for offset, word in enumerate(idiom):
            begin = at - offset
            if word != tokens[at].text or begin < 0:
                continue
            if tuple(token.text for token in tokens[begin : begin + len(idiom)]) == idiom:
                return True
    return False


def _nothing_better(tokens: Sequence[Token], first: int, end: int) -> bool:
    """ "Nothing cures eczema like this": a negator that praises."""
    words = [token.text for token in tokens[first : min(len(tokens), end + 6)]]
    return "nothing" in words and any(word in words for word in ("like", "better", "faster"))


def _disclaimed(tokens: Sequence[Token], start: int) -> bool:
    at = _find(tokens, sentence_start(tokens, start), start, _DISCLAIMING)
    return at is not None and not any(token.text == "but" for token in tokens[at:start])


def _insinuated(tokens: Sequence[Token], start: int, end: int) -> bool:
    first = sentence_start(tokens, start)
    if _find(tokens, first, start, _DISCLAIMING) is None:
        return False
    after = [token.text for token in tokens[end : end + 6]]
    return "but" in after


def _find(tokens: Sequence[Token], first: int, last: int, phrases: Sequence[tuple[str, ...]]) -> int | None:
    texts = tuple(token.text for token in tokens[first:last])
    openers = _DISCLAIMING_OPENERS if phrases is _DISCLAIMING else {phrase[0] for phrase in phrases}
    for at, text in enumerate(texts):
        if text in openers and any(texts[at : at + len(phrase)] == phrase for phrase in phrases):
            return first + at
    return None


def _aux_at(tokens: Sequence[Token], first: int, start: int) -> int | None:
    if (
        tokens[first].text in _QUESTION_AUX
        and tokens[sentence_end(tokens, first) - 1].question
        and tokens[min(first + 1, len(tokens) - 1)].text != "you"
    ):
        return first
    for at in range(max(first, start - 9), start + 1):
        if tokens[at].text not in _QUESTION_AUX or at + 1 >= len(tokens):
            continue
        if tokens[at].text == "do" and tokens[at + 1].text in ("it", "this", "that"):  # tells, asks nothing
            continue
        boundary = at == first or tokens[at].before != NONE
        after_reader = at > 0 and tokens[at - 1].text in _READS_ALOUD | _LEADS_IN | {"if", "like", "say", "goes"}
        if (boundary or after_reader) and tokens[at + 1].text in _QUESTION_SUBJECT and tokens[at + 1].text != "you":
            return at
    return None
