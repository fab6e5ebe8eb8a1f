"""Reviews one broadcast over its review link.

Recogniser → words → live facts → judge, and the signed script → one transaction (transcript, findings, evidence,
coverage, events) → Words, Withhold, Watermark. When the database or the facts are away nothing is sent and everything
is tried again: the watermark stands still and the gate covers. Sound that is re-sent after a reconnect is heard again,
but what was judged before it is neither written nor judged twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TypeVar

import asyncpg
import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.withhold_speech.delay_on_air import delay_on_air_us
from tallylight.app.flows.withhold_speech.follow_script import ScriptWatch, script_watch
from tallylight.app.flows.withhold_speech.review_turn import ReviewTurn, taken_turn
from tallylight.app.flows.withhold_speech.rules_in_force import record_rules, rules_in_force
from tallylight.app.review_link import (
    Aac,
    Break,
    Bye,
    FromMedia,
    FromSpeech,
    Hello,
    Pcm,
    SpokenWord,
    Unheard,
    Watermark,
    Withhold,
)
from tallylight.app.review_link import Words as WordsFrame
from tallylight.compliance.facts import FactsProvider, ShowSubject
from tallylight.compliance.judge_speech import CONTEXT_US, REMIND_US, Portion, SpeechFinding, SpeechJudge
from tallylight.compliance.pack import MARKETS, Pack
from tallylight.compliance.record_finding import (
    Finding,
    judged_until,
    record_finding,
    record_judged,
    record_words,
    stops_after,
    words_heard,
)
from tallylight.compliance.scripts.follow import Followed
from tallylight.compliance.types import Circumstances
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, ShowId
from tallylight.foundation.outbox import publish
from tallylight.foundation.wire import encode_frame, read_frame
from tallylight.media.review_sound import HeardSound, PacketEar, PacketRun
from tallylight.speech.recogniser import Heard, Hints, Recogniser, SpeechStream, Word

log = structlog.get_logger()

_decoder = msgspec.msgpack.Decoder(FromMedia)
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 2.0
_RECORD_EVERY_US = 1_000_000
_HINT_NAMES_MAX = 10
_DEFAULT_MARKET = "us-en"
_AWAY = (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

T = TypeVar("T")


class BroadcastReview:
    """One connection: sound comes in, words, spans and the watermark go out, until the end of either."""

    def __init__(
        self,
        hello: Hello,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        database: Database,
        facts: FactsProvider,
        recogniser: Recogniser,
    ) -> None:
        self._broadcast_id = BroadcastId(hello.broadcast_id)
        self._show_id = ShowId(hello.show_id)
        self._reader = reader
        self._writer = writer
        self._database = database
        self._facts = facts
        self._recogniser = recogniser
        self._subject = ShowSubject()
        self._heard_until_us = 0
        self._recorded_us = 0
        self._script: ScriptWatch | None = None
        self._reminded_us: int | None = None
        self._turn: ReviewTurn | None = None

    async def run(self) -> None:
        """Until the broadcast is over or the link breaks. Raises what ended it, if it was not the end."""
        async with AsyncExitStack() as stack:
            take = partial(taken_turn, self._database, self._broadcast_id)
            self._turn = await self._until_it_works(lambda: stack.enter_async_context(take()))
            await self._review()

    async def _review(self) -> None:
        self._subject = await self._until_it_works(partial(self._facts.subject, self._show_id))
        pack = await self._until_it_works(self._rules)
        judge = SpeechJudge(pack)
        await self._until_it_works(self._take_script)
        await self._until_it_works(partial(self._resume, judge))
        stream = self._recogniser.stream(hints_for(self._subject, pack))
        try:
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(self._hear(stream))
                await self._tell(stream, judge)
                hearing.cancel()
        finally:
            stream.close()

    async def _rules(self) -> Pack:
        """The pack to judge by; what the shop changed in it goes on record before the first word is judged."""
        market = _market(self._subject)
        async with self._database.transaction() as connection:
            pack, rules = await rules_in_force(connection, self._show_id, market)
            await record_rules(connection, self._broadcast_id, market, rules)
        return pack

    async def _hear(self, stream: SpeechStream) -> None:
        """Sound and breaks from media into the recogniser; what cannot be decoded is told before it could be judged."""
        ear = PacketEar()
        while True:
            message = await read_frame(self._reader, _decoder)
            if isinstance(message, Aac):
                run = PacketRun(message.at_us, message.config, message.before, message.frames)
                self._take(stream, ear.hear(run))
                continue
            self._take(stream, ear.rest())
            if isinstance(message, Pcm):
                stream.push(message.at_us, message.samples)
            elif isinstance(message, Break):
                stream.flush(message.at_us)
            elif isinstance(message, Bye):
                stream.end()
                return

    def _take(self, stream: SpeechStream, heard: Sequence[HeardSound]) -> None:
        for sound in heard:
            for start_us, end_us in sound.unheard:
                self._writer.write(encode_frame(Unheard(start_us, end_us)))
            stream.push(sound.at_us, sound.pcm)

    async def _tell(self, stream: SpeechStream, judge: SpeechJudge) -> None:
        """What is heard, judged; what is judged, recorded; what is recorded, told."""
        async for each in stream:
            heard = self._not_heard_before(each)
            judge.hear(heard)
            portion = judge.take()
            found: list[SpeechFinding] = []
            followed: Followed | None = None
            if portion is not None:
                found = judge.judge(portion, await self._circumstances(portion))
                if self._script is not None:
                    followed = await self._until_it_works(partial(self._script.follow, self._database, portion))
                    found += followed.findings
            if portion is None and not heard.words:
                continue
            findings: list[Finding] = []
            said = followed.said if followed is not None else []
            if heard.words or found or said or (portion is not None and self._worth_recording(portion)):
                findings = await self._until_it_works(partial(self._record, heard, found, portion, followed))
            await self._send(heard.words, findings, portion)
            if portion is not None:
                await self._remind(judge, portion.judged_us)

    async def _remind(self, judge: SpeechJudge, judged_us: int) -> None:
        """Tell the host and the control room shortly before a disclosure is overdue, and when it has been given."""
        due_us = judge.disclosure_due_us if self._subject.host_is_paid else None
        if self._reminded_us is not None and due_us != self._reminded_us:
            self._reminded_us = None
            await self._until_it_works(partial(self._tell_control, "disclosure.said", {"at_us": judged_us}, judged_us))
        if due_us is None or self._reminded_us is not None or judged_us < due_us - REMIND_US:
            return
        self._reminded_us = due_us
        due = {"at_us": judged_us, "due_us": due_us}
        await self._until_it_works(partial(self._tell_control, "disclosure.due", due, judged_us))

    async def _tell_control(self, kind: str, payload: dict[str, int], at_us: int) -> None:
        async with self._database.transaction() as connection:
            await publish(connection, f"control:{self._show_id}", kind, payload, at_us=at_us)

    def _worth_recording(self, portion: Portion) -> bool:
        """In silence the watermark is written down once a second, not at each step."""
        return portion.ripe > portion.context or portion.judged_us - self._recorded_us >= _RECORD_EVERY_US

    async def _circumstances(self, portion: Portion) -> Circumstances:
        if portion.ripe == portion.context:
            return Circumstances(subject=self._subject)
        look = partial(self._facts.facts_at, self._show_id, portion.at_us, portion.spoken)
        products = await self._until_it_works(look)
        for product in products[:1]:
            # A ruling on air changes who is paid from its moment on.
            self._subject = msgspec.structs.replace(self._subject, host_is_paid=product.facts.host_is_paid)
        claims = tuple(dict.fromkeys(claim for product in products for claim in product.claims))
        return Circumstances(products=products, subject=self._subject, claims=claims)

    def _not_heard_before(self, heard: Heard) -> Heard:
        """Without the words that an earlier connection gave out: their middle lies before its last word's end."""
        new = tuple(word for word in heard.words if (word.start_us + word.end_us) // 2 >= self._heard_until_us)
        return msgspec.structs.replace(heard, words=new)

    async def _take_script(self) -> None:
        """The signed script that the show goes by, if it does."""
        async with self._database.reading() as connection:
            self._script = await script_watch(
                connection, self._broadcast_id, self._show_id, delay_ms=self._subject.delay_ms
            )

    async def _resume(self, judge: SpeechJudge) -> None:
        """Take up where an earlier connection of this broadcast stopped, and tell media its spans again."""
        async with self._database.reading() as connection:
            judged_us = await judged_until(connection, self._broadcast_id)
            if judged_us == 0:
                return
            words = await words_heard(connection, self._broadcast_id, judged_us - CONTEXT_US)
            stops = await stops_after(connection, self._broadcast_id, judged_us - CONTEXT_US)
            if self._script is not None:
                await self._script.resume(connection, judged_us)
        judge.begin(judged_us, [word for word in words if word.end_us <= judged_us])
        unjudged = tuple(word for word in words if word.end_us > judged_us)
        if unjudged:
            judge.hear(Heard(unjudged, judged_us, pause=False))
        self._heard_until_us = words[-1].end_us if words else 0
        await self._send(words, stops, None)

    async def _record(
        self, heard: Heard, found: list[SpeechFinding], portion: Portion | None, followed: Followed | None
    ) -> list[Finding]:
        """Everything that this step leaves behind, in one transaction."""
        channel = f"control:{self._show_id}"
        async with self._database.transaction() as connection:
            if self._turn is not None:
                await self._turn.check(connection)
            if heard.words:
                judged_us = self._recorded_us if portion is None else portion.judged_us
                await record_words(connection, self._broadcast_id, heard.words, judged_us=judged_us or None)
            findings = [
                await record_finding(
                    connection,
                    self._broadcast_id,
                    self._show_id,
                    each,
                    delay_ms=await self._delay_ms(connection, each.start_us),
                    hold_policy=self._subject.hold_policy,
                )
                for each in found
            ]
            if portion is not None:
                await record_judged(connection, self._broadcast_id, portion.judged_us)
                self._recorded_us = portion.judged_us
            if self._script is not None and portion is not None and followed is not None:
                await self._script.record(connection, followed, portion.at_us)
            if heard.words:
                payload = {"words": [_word_view(word) for word in heard.words]}
                await publish(connection, channel, "words", payload, at_us=heard.words[0].start_us)
            for finding in findings:
                await publish(connection, channel, "finding", msgspec.to_builtins(finding), at_us=finding.start_us)
        if self._script is not None and followed is not None:
            self._script.recorded()
        return findings

    async def _delay_ms(self, connection: AsyncConnection, at_us: int) -> int:
        """The delay with which words said at ``at_us`` air."""
        planned_us = self._subject.delay_ms * 1000
        return await delay_on_air_us(connection, self._show_id, at_us, planned_us) // 1000

    async def _send(
        self, words: "tuple[Word, ...] | list[Word]", findings: list[Finding], portion: Portion | None
    ) -> None:
        frames: list[FromSpeech] = []
        if words:
            frames.append(WordsFrame([_spoken(word) for word in words]))
        frames.extend(_withhold(finding) for finding in findings if finding.verdict in ("hold", "block"))
        if portion is not None:
            frames.append(Watermark(portion.judged_us))
        for frame in frames:
            self._writer.write(encode_frame(frame))
        await self._writer.drain()

    async def _until_it_works(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try again while the database is away; the watermark waits, so the gate covers meanwhile."""
        wait_s = _RETRY_FIRST_S
        while True:
            try:
                return await attempt()
            except _AWAY as error:
                log.warning("the database is away; the watermark waits", kind=type(error).__name__)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _RETRY_MOST_S)


def hints_for(subject: ShowSubject, pack: Pack) -> Hints:
    """What the show is likely to name, the rarest first: brands, rivals, products; and what the pack listens for."""
    names = dict.fromkeys([*subject.brand_names, *subject.competitors, *subject.product_names])
    return Hints(tuple(names)[:_HINT_NAMES_MAX], tuple(pack.data.listen_for))


def _market(subject: ShowSubject) -> str:
    """The show's market, or the default one where no pack ships."""
    if subject.market in MARKETS:
        return subject.market
    log.warning("no rule pack for the market; using the default", market=subject.market)
    return _DEFAULT_MARKET


def _withhold(finding: Finding) -> Withhold:
    return Withhold(
        finding.id,
        finding.start_us,
        finding.end_us,
        "bleep",
        "block" if finding.verdict == "block" else "hold",
        finding.rule,
    )


def _spoken(word: Word) -> SpokenWord:
    return SpokenWord(word.text, word.start_us, word.end_us, word.probability_permille)


def _word_view(word: Word) -> dict[str, str | int]:
    return {"text": word.text, "start_us": word.start_us, "end_us": word.end_us}
