"""Scope: whether words that would violate are denied, asked, or told as false.

Pure functions over tokens and a span. Clauses end at sentence ends, commas before a new clause and "but", "because".
"""

from collections.abc import Sequence

from tallylight.compliance.tokens import HARD, NONE, SOFT, Token
from tallylight.compliance.word_sets import word_set

_NEGATORS = word_set("not never no nobody nothing neither nor without none hardly")
_CLAUSE_WORDS = word_set("but because although though however so then yet except until till")
_CLAUSE_SUBJECTS = word_set("it this that these they i we you she he")
_LIST_WORDS = word_set("or nor")
_LIST_REACH = 5
_LOOK_BACK = 7
_NOT_NEGATIONS = (
    ("not", "only"), ("not", "just"), ("not", "even"), ("not", "to", "mention"), ("no", "doubt"), ("no", "wonder"),
    ("no", "joke"), ("no", "kidding"), ("no", "question"), ("no", "lie"), ("no", "matter"), ("never", "fails"),
    ("never", "failed"), ("never", "fail"), ("not", "believe"), ("not", "wait"), ("not", "stop"),
    ("not", "tell", "you"), ("not", "going", "to", "lie"), ("not", "miss"), ("not", "worry"), ("not", "forget"),
    ("why", "not"), ("if", "not"), ("no", "more"), ("nothing", "else"), ("no", "other"), ("nobody", "else"),
    ("not", "seen", "anything"), ("no", "one", "else"), ("no", "need"), ("not", "need"),
    ("without", "fail"), ("without", "a", "doubt"),
    ("without", "question"), ("no", "exaggeration"), ("not", "exaggerating"), ("not", "kidding"), ("not", "joking"),
    ("no", "brainer"), ("nothing", "beats"), ("nothing", "short", "of"), ("not", "imagine"), ("not", "be", "surprised"),
    ("not", "say", "enough"), ("not", "recommend"), ("not", "stress", "enough"), ("not", "ignore"), ("no", "secret"),
    ("not", "lying"), ("not", "lie"), ("never", "thought"), ("not", "let"), ("not", "have", "to"), ("no", "time"),
    ("not", "sleep", "on"), ("nothing", "to", "lose"), ("no", "cap"), ("not", "exactly", "a", "secret"),
)  # fmt: skip
_DISCLAIMING = (
    ("not", "saying"), ("not", "claiming"), ("not", "allowed", "to", "say"), ("not", "supposed", "to", "say"),
    ("not", "say"), ("not", "legally", "say"), ("not", "claim"), ("not", "promise"), ("not", "promising"),
)  # fmt: skip
_READS_QUESTION = word_set("asking asks asked ask wondering wonders wonder question questions")
_LEADS_IN = word_set("and so or but oh okay well hey now then")
_READS_ALOUD = _READS_QUESTION | word_set(
    "says said saying writes wrote typed types commented comment comments chat know curious"
)
_FRAGMENT_TOKENS_MAX = 5
"""A question without a verb ("doctor recommended?") is at most this long; longer ones assert what they ask."""
_QUESTION_AUX = word_set("does do did can could will would is are was has have should")
_QUESTION_SUBJECT = word_set("it this that these those they the he she any anyone there your you i")
_FALSE_AFTER = word_set("myth false untrue nonsense lie rumor wrong")
_TAKEN_BACK = (
    ("take", "that", "back"), ("take", "it", "back"), ("not", "say", "that"), ("not", "claim", "that"),
    ("not", "promise", "that"), ("said", "nope"), ("said", "no"), ("not", "going", "to", "say"),
    ("let", "me", "rephrase"), ("not", "allowed", "to", "say"), ("nobody", "told", "me", "that"),
    ("not", "supposed", "to", "say"),
)  # fmt: skip
_TAKEN_BACK_REACH = 14
_YES = word_set("yes yeah yep yup absolutely definitely sure certainly totally correct exactly indeed yea")
_PLAIN_YES = word_set("yes yeah yep yup absolutely totally definitely exactly")
_YES_PHRASES = (
    ("you", "bet"), ("you", "betcha"), ("hundred", "percent"), ("100", "percent"), ("for", "sure"), ("of", "course"),
    ("that", "is", "right"), ("that", "is", "correct"), ("that", "is", "true"), ("sure", "does"), ("sure", "is"),
    ("uh", "huh"), ("every", "time"),
)  # fmt: skip
_YES_REACH = 4
_NO = word_set("no nope not never sadly unfortunately sorry")
_AFFIRM_VERBS = word_set("does will can is do are did")


def clause_start(tokens: Sequence[Token], at: int) -> int:
    """First token of the clause that token ``at`` belongs to."""
    start = at
    while start > 0 and at - start < _LOOK_BACK and tokens[start].before != HARD:
        before = tokens[start - 1].text
        if before in _CLAUSE_WORDS or (before == "and" and tokens[start].text in _CLAUSE_SUBJECTS):
            break
        if tokens[start].before == SOFT and not _in_list(tokens, start):
            break
        start -= 1
    return start


def _in_list(tokens: Sequence[Token], at: int) -> bool:
    """Whether the comma before ``at`` only divides a list ("does not treat, cure or prevent"), not two clauses."""
    if tokens[at].text in _CLAUSE_SUBJECTS or tokens[at].text in ("and", "just"):
        return False
    following = tokens[at : at + _LIST_REACH]
    return any(token.text in _LIST_WORDS for token in following)


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
    before = [token.text for token in tokens[max(0, first - 8) : start]]
    reads = any(word in _READS_QUESTION for word in before) or "wants to know" in " ".join(before)
    aux = _aux_at(tokens, first, start)
    marked = any(token.question for token in tokens[end - 1 : stop])
    if aux is not None:
        leads_in = all(token.text in _LEADS_IN for token in tokens[first:aux])
        if marked or leads_in or tokens[aux - 1].text in _READS_ALOUD:
            return True
    if marked and start == first and _question_end(tokens, end) - first <= _FRAGMENT_TOKENS_MAX:
        return True
    return reads and (aux is not None or marked or "if" in before or "whether" in before)


def _question_end(tokens: Sequence[Token], end: int) -> int:
    """One past the token that a question mark follows, from the span's last token on."""
    return next(at + 1 for at in range(end - 1, len(tokens)) if tokens[at].question)


def told_as_false(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the sentence or the next one calls the span untrue, or takes it back."""
    first = sentence_start(tokens, start)
    before = [token.text for token in tokens[first:start]]
    if "myth" in before or "rumor" in before or "false" in before:
        return True
    if _find(tokens, end, end + _TAKEN_BACK_REACH, _TAKEN_BACK) is not None:
        return True
    after = [token.text for token in tokens[end : end + 9]]
    for index, word in enumerate(after):
        if word in _FALSE_AFTER:
            return True
        if word == "true" and "not" in after[max(0, index - 2) : index]:
            return True
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
    first = sentence_start(tokens, start)
    return _find(tokens, first, start, _DISCLAIMING) is not None


def _insinuated(tokens: Sequence[Token], start: int, end: int) -> bool:
    first = sentence_start(tokens, start)
    if _find(tokens, first, start, _DISCLAIMING) is None:
        return False
    after = [token.text for token in tokens[end : end + 6]]
    return "but" in after


def _find(tokens: Sequence[Token], first: int, last: int, phrases: Sequence[tuple[str, ...]]) -> int | None:
    texts = [token.text for token in tokens[first:last]]
    firsts = {phrase[0] for phrase in phrases}
    for at, text in enumerate(texts):
        if text in firsts and any(tuple(texts[at : at + len(phrase)]) == phrase for phrase in phrases):
            return first + at
    return None


def _aux_at(tokens: Sequence[Token], first: int, start: int) -> int | None:
    for at in range(max(first, start - 9), start):
        if tokens[at].text not in _QUESTION_AUX or at + 1 >= len(tokens):
            continue
        boundary = at == first or tokens[at].before != NONE
        after_reader = at > 0 and tokens[at - 1].text in _READS_ALOUD | _LEADS_IN | {"if"}
        if (boundary or after_reader) and tokens[at + 1].text in _QUESTION_SUBJECT and tokens[at + 1].text != "you":
            return at
    return None
