"""The speech process's side of the review link: real sound, real recogniser, real database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tallylight.app.flows.withhold_speech import review_turn
from tallylight.app.flows.withhold_speech.review_turn import taken_turn
from tallylight.app.flows.withhold_speech.serve_reviews import ReviewServer
from tallylight.app.review_link import Aac, Break, Bye, FromSpeech, Hello, Pcm, Unheard, Watermark, Withhold, Words
from tallylight.compliance.evidence import verify_evidence
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.models import evidence, finding, transcript
from tallylight.compliance.record_finding import DECIDE_MARGIN_US
from tallylight.compliance.scripts.draft_script import draft_script
from tallylight.compliance.scripts.queries import lines_said
from tallylight.compliance.scripts.review_script import pin_script, sign_script, submit_script
from tallylight.compliance.scripts.types import Checks, Segment
from tallylight.foundation.clock import MICROSECONDS, samples_to_us, to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.outbox import event
from tallylight.foundation.wire import encode_frame, read_frame
from tallylight.media.sound import SoundEncoder
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import SAMPLE_RATE_HZ
from tallylight.speech.threaded_recogniser import ThreadedRecogniser
from tallylight.speech.voice_activity import SileroVoiceActivity, Sound
from tests.conftest import Runner
from tests.support.full_disk import FULL, FULL_ON
from tests.support.shop import make_person, make_shop
from tests.support.speech_sounds import joined, pcm, plain_words
from tests.support.waiting import until

pytestmark = pytest.mark.alone

START_US = 1_750_000_000 * MICROSECONDS
CHUNK = SAMPLE_RATE_HZ // 10
_decoder = msgspec.msgpack.Decoder(FromSpeech)


class StandingFacts:
    """Facts that never change; ``away`` makes them unreachable."""

    def __init__(self) -> None:
        self.away = False
        self.missed = asyncio.Event()

    async def subject(self, show_id: UUID) -> ShowSubject:
        return ShowSubject(host_is_paid=True, competitors=("Harlow Brook",), product_names=("Hand Cream", "Mug"))

    async def facts_at(self, show_id: UUID, at_us: int, spoken: str) -> Sequence[ProductFacts]:
        if self.away:
            self.missed.set()
            raise ConnectionError("the shop is away")
        facts = LiveFacts(
            now="2026-01-01T12:00:00+00:00", currency="USD", price="16.00", list_price="16.00", stock=120,
            deal_ends_at="2026-01-01T15:00:00+00:00", shipping_fee="4.95", free_shipping_over="30.00",
            competitors=["Harlow Brook"], host_is_paid=True,
        )  # fmt: skip
        return [ProductFacts(uuid4(), ("hand cream",), facts)]


@cache
def engine() -> FasterWhisperEngine:
    return FasterWhisperEngine(threads=1)


@asynccontextmanager
async def reviewing(tmp_path: Path, database: Database, facts: StandingFacts) -> AsyncIterator[Path]:
    """A review server on a socket of its own."""
    socket = tmp_path / "speech.sock"
    recogniser = ThreadedRecogniser(engine(), SileroVoiceActivity)
    server = ReviewServer(socket, database, facts, recogniser)
    await server.start()
    try:
        yield socket
    finally:
        await server.close()
        recogniser.close()


class Link:
    """The media process's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.messages: list[FromSpeech] = []

    async def say(self, samples: Sound, from_us: int) -> None:
        for at in range(0, len(samples), CHUNK):
            at_us = from_us + at * MICROSECONDS // SAMPLE_RATE_HZ
            self.writer.write(encode_frame(Pcm(at_us, pcm(samples[at : at + CHUNK]))))
            await self.writer.drain()

    async def until_judged(self, until_us: int) -> None:
        """Read until the watermark reaches ``until_us``."""
        while self.judged_us < until_us:
            self.messages.append(await asyncio.wait_for(read_frame(self.reader, _decoder), 60))

    @property
    def judged_us(self) -> int:
        return max((each.judged_us for each in self.messages if isinstance(each, Watermark)), default=0)

    @property
    def withheld(self) -> list[Withhold]:
        return [each for each in self.messages if isinstance(each, Withhold)]

    @property
    def text(self) -> str:
        return " ".join(word.text for each in self.messages if isinstance(each, Words) for word in each.words)


async def connect(socket: Path, broadcast_id: UUID, show_id: UUID) -> Link:
    reader, writer = await asyncio.open_unix_connection(socket)
    link = Link(reader, writer)
    writer.write(encode_frame(Hello(broadcast_id, show_id)))
    return link


def end_us(samples: Sound, from_us: int = START_US) -> int:
    return from_us + len(samples) * MICROSECONDS // SAMPLE_RATE_HZ


async def count(run: Runner, table: sa.Table) -> int:
    async with run.database.reading() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def test_violations_are_withheld_before_the_watermark_passes_them(run: Runner, tmp_path: Path) -> None:
    names = ["welcome", "mug", "eczema", "question", "scarce", "deadline", "rival", "trap", "weight", "goodbye"]
    samples, places = joined(names, 0.6)
    broadcast_id, show_id = uuid4(), uuid4()

    async def scenario() -> Link:
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            link = await connect(socket, broadcast_id, show_id)
            await link.say(samples, START_US)
            link.writer.write(encode_frame(Break(end_us(samples))))
            await link.until_judged(end_us(samples))
            link.writer.write(encode_frame(Bye()))
            assert await link.reader.read() == b""
            return link

    link = run(scenario())
    spans = dict(zip(names, places, strict=True))
    rules = {name: set() for name in names}  # type: dict[str, set[str]]
    for each in link.withheld:
        for name, (start, end) in spans.items():
            middle = (each.start_us + each.end_us) // 2 - START_US
            if start <= middle * SAMPLE_RATE_HZ // MICROSECONDS < end:
                rules[name].add(each.rule)
    assert "R1" in rules["eczema"]
    assert "R9" in rules["scarce"]
    assert "R9" in rules["deadline"]
    assert "R11" in rules["rival"]
    assert "R4" in rules["weight"]
    assert not any(rules[name] for name in ("welcome", "mug", "question", "trap", "goodbye"))
    judged_us = 0
    for message in link.messages:
        if isinstance(message, Withhold):
            assert message.start_us >= judged_us
        elif isinstance(message, Watermark):
            assert message.judged_us >= judged_us
            judged_us = message.judged_us

    async def look() -> None:
        async with run.database.reading() as connection:
            report = await verify_evidence(connection, broadcast_id)
            assert report.intact
            kinds = set(await connection.scalars(sa.select(evidence.c.kind)))
            found = (await connection.execute(sa.select(finding).order_by(finding.c.start_us))).all()
            events = (await connection.execute(sa.select(event.c.channel, event.c.type))).all()
        assert kinds == {"transcript", "finding"}
        assert {row.id for row in found} >= {each.finding_id for each in link.withheld}
        assert {tuple(row) for row in events} == {
            (f"control:{show_id}", "words"),
            (f"control:{show_id}", "finding"),
        }
        stock = next(row for row in found if row.rule == "R9" and "stock" in row.facts)
        assert stock.facts["stock"] == 120
        assert stock.decide_by_wall_us == stock.start_us + 8_000_000 - DECIDE_MARGIN_US

    run(look())


def coded(samples: Sound) -> tuple[bytes, list[bytes]]:
    """The sound as an encoder sends it: its AudioSpecificConfig and packets of 1024 samples at 48 kHz, in stereo."""
    encoder = SoundEncoder()
    wide = np.stack([np.repeat(samples, 3)] * 2)
    packets = encoder.encode(0, wide[:, : wide.shape[1] // 1024 * 1024]) + encoder.finish()
    return encoder.asc, [packet.data for packet in packets]


def test_packets_are_judged_and_what_does_not_decode_is_told_before_its_time_is(run: Runner, tmp_path: Path) -> None:
    samples, places = joined(["eczema", "mug"], 0.8)
    asc, packets = coded(samples)
    broken = (places[0][1] + places[1][0]) // 2 * 3 // 1024
    packets[broken] = b"\xff" * 40
    at_us = [START_US + samples_to_us(number * 1024, 48_000) for number in range(len(packets) + 1)]

    async def scenario() -> Link:
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            link = await connect(socket, uuid4(), uuid4())
            for number in range(0, len(packets), 5):
                before = packets[number - 1] if number else b""
                frames = tuple(packets[number : number + 5])
                link.writer.write(encode_frame(Aac(at_us[number], asc, before, frames)))
                await link.writer.drain()
            link.writer.write(encode_frame(Break(at_us[-1])))
            await link.until_judged(at_us[-1])
            return link

    link = run(scenario())
    assert "R1" in {each.rule for each in link.withheld}
    [unheard] = [each for each in link.messages if isinstance(each, Unheard)]
    assert unheard == Unheard(at_us[broken], at_us[broken + 1])
    before = link.messages[: link.messages.index(unheard)]
    assert max((each.judged_us for each in before if isinstance(each, Watermark)), default=0) <= unheard.start_us


def test_sound_sent_again_after_a_reconnect_is_neither_written_nor_judged_twice(run: Runner, tmp_path: Path) -> None:
    samples, places = joined(["eczema", "mug", "cream"], 0.8)
    broadcast_id, show_id = uuid4(), uuid4()
    cut = places[1][1]

    async def scenario() -> tuple[Link, Link]:
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            first = await connect(socket, broadcast_id, show_id)
            await first.say(samples[: cut + SAMPLE_RATE_HZ // 2], START_US)
            await first.until_judged(end_us(samples[: places[0][1]]))
            first.writer.close()
            second = await connect(socket, broadcast_id, show_id)
            await second.say(samples, START_US)
            second.writer.write(encode_frame(Break(end_us(samples))))
            await second.until_judged(end_us(samples))
            second.writer.close()
            return first, second

    first, second = run(scenario())
    assert [each.rule for each in first.withheld] == [each.rule for each in second.withheld]
    assert {each.finding_id for each in first.withheld} == {each.finding_id for each in second.withheld}

    async def written() -> list[str]:
        async with run.database.reading() as connection:
            lines = await connection.scalars(sa.select(transcript.c.words).order_by(transcript.c.start_us))
            return plain_words(" ".join(word["text"] for line in lines for word in line))

    words = run(written())
    for once in ("cures", "stoneware", "rosemary"):
        assert words.count(once) <= 1


async def superseded(link: Link) -> bool:
    """Whether the other side closes this link."""
    try:
        while True:
            link.messages.append(await asyncio.wait_for(read_frame(link.reader, _decoder), 60))
    except (asyncio.IncompleteReadError, ConnectionError):
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("guarded", [True, False])
def test_two_speech_processes_on_one_broadcast_find_each_thing_once(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The first stands still while it has the broadcast; a second takes over, and then the first goes on."""
    samples, places = joined(["cream", "eczema"], 0.8)
    broadcast_id, show_id = uuid4(), uuid4()
    cut = places[0][1] + SAMPLE_RATE_HZ // 2
    monkeypatch.setattr(review_turn, "WAIT_MS", 200)
    if not guarded:
        monkeypatch.setattr(review_turn.ReviewTurn, "check", lambda *_: asyncio.sleep(0))
    (tmp_path / "second").mkdir()

    async def scenario() -> None:
        async with (
            reviewing(tmp_path, run.database, StandingFacts()) as first_socket,
            reviewing(tmp_path / "second", run.database, StandingFacts()) as second_socket,
        ):
            first = await connect(first_socket, broadcast_id, show_id)
            await first.say(samples[:cut], START_US)
            await first.until_judged(end_us(samples[: places[0][0]]))
            second = await connect(second_socket, broadcast_id, show_id)
            await second.say(samples, START_US)
            second.writer.write(encode_frame(Break(end_us(samples))))
            await second.until_judged(end_us(samples))
            await first.say(samples[cut:], end_us(samples[:cut]))
            first.writer.write(encode_frame(Break(end_us(samples))))
            if guarded:
                assert await superseded(first)
            else:
                await first.until_judged(end_us(samples))
            assert second.judged_us == end_us(samples), "all of it has been reviewed"
            for link in (first, second):
                link.writer.close()

    run(scenario())

    async def found() -> list[tuple[str, str]]:
        async with run.database.reading() as connection:
            return [(row.rule, row.quote) for row in await connection.execute(sa.select(finding))]

    each = run(found())
    assert each
    assert (len(each) == len(set(each))) is guarded


def test_the_next_review_waits_for_the_last_words_of_the_one_before(run: Runner) -> None:
    broadcast_id = uuid4()

    async def scenario() -> list[str]:
        order = []

        async def next_review() -> None:
            async with taken_turn(run.database, broadcast_id) as turn, run.database.transaction() as connection:
                await turn.check(connection)
                order.append("next")

        async with taken_turn(run.database, broadcast_id) as turn:
            waiting = asyncio.create_task(next_review())
            async with run.database.transaction() as connection:
                locks = sa.text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
                while not await connection.scalar(locks):  # noqa: ASYNC110 - until it waits
                    await asyncio.sleep(0.01)
                await turn.check(connection)
                order.append("last words")
        await waiting
        async with run.database.transaction() as connection:
            with pytest.raises(review_turn.SupersededError):
                await turn.check(connection)
        return order

    assert run(scenario()) == ["last words", "next"]


def test_while_the_facts_are_away_the_watermark_waits(run: Runner, tmp_path: Path) -> None:
    samples, _ = joined(["scarce"], 1.0)
    facts = StandingFacts()

    async def scenario() -> Link:
        facts.away = True
        async with reviewing(tmp_path, run.database, facts) as socket:
            link = await connect(socket, uuid4(), uuid4())
            await link.say(samples, START_US)
            link.writer.write(encode_frame(Break(end_us(samples))))
            reading = asyncio.create_task(link.until_judged(end_us(samples)))
            await asyncio.wait_for(facts.missed.wait(), 60)
            assert link.judged_us < START_US + 2 * MICROSECONDS
            assert not link.withheld
            facts.away = False
            await reading
            return link

    link = run(scenario())
    assert [each.rule for each in link.withheld] == ["R9"]


def test_while_evidence_finds_no_room_on_the_disk_the_watermark_waits(run: Runner, tmp_path: Path) -> None:
    """So the gate covers and mutes: what cannot be put on record does not air."""
    samples, _ = joined(["scarce"], 1.0)

    async def scenario() -> Link:
        async with run.database.transaction() as connection:
            await connection.execute(sa.text(FULL))
            await connection.execute(sa.text(FULL_ON.format(table="evidence")))
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            link = await connect(socket, uuid4(), uuid4())
            with capture_logs() as logs:
                await link.say(samples, START_US)
                link.writer.write(encode_frame(Break(end_us(samples))))
                reading = asyncio.create_task(link.until_judged(end_us(samples)))
                await until(lambda: any("waits" in each["event"] for each in logs), what="a try", within_s=60)
            assert link.judged_us == 0
            assert not link.withheld
            async with run.database.transaction() as connection:
                await connection.execute(sa.text("drop trigger full_disk on evidence"))
            await reading
            return link

    link = run(scenario())
    assert [each.rule for each in link.withheld] == ["R9"]


def test_a_stranger_who_says_nothing_sensible_is_dropped(run: Runner, tmp_path: Path) -> None:
    async def scenario() -> bytes:
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            reader, writer = await asyncio.open_unix_connection(socket)
            writer.write((1 << 30).to_bytes(4, "big"))
            await writer.drain()
            return await reader.read()

    assert run(scenario()) == b""


def test_a_signed_script_is_followed_from_the_sound(run: Runner, tmp_path: Path) -> None:
    names = ["welcome", "mug", "trap", "cream", "goodbye"]
    samples, places = joined(names, 0.8)
    broadcast_id, show_id = uuid4(), uuid4()
    segments = (
        Segment(
            title="Workshop",
            policy="strict",
            lines=(
                "Good evening everybody, and welcome to the workshop.",
                "Tonight I am showing you my four favorite things.",
                "This mug is stoneware, it holds twelve ounces, and it is safe in the dishwasher.",
                "It keeps your coffee warm for an hour.",
                "Now the hand cream. It smells like rosemary, and it sinks in right away.",
            ),
        ),
        Segment(title="Goodbye", policy="free", lines=("Thank you so much for watching, and good night.",)),
    )

    async def scenario() -> Link:
        await pin_signed(run.database, show_id, segments)
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            link = await connect(socket, broadcast_id, show_id)
            await link.say(samples, START_US)
            link.writer.write(encode_frame(Break(end_us(samples))))
            await link.until_judged(end_us(samples))
            link.writer.write(encode_frame(Bye()))
            await link.reader.read()
            return link

    link = run(scenario())
    trap = tuple(START_US + at * MICROSECONDS // SAMPLE_RATE_HZ for at in places[2])
    held = [each for each in link.withheld if each.rule == "SCRIPT"]
    assert held
    assert {each.verdict for each in held} == {"hold"}
    assert all(trap[0] - 500_000 <= each.start_us and each.end_us <= trap[1] + 500_000 for each in held)
    assert sum(each.end_us - each.start_us for each in held) > (trap[1] - trap[0]) / 2

    async def look() -> None:
        async with run.database.reading() as connection:
            assert (await verify_evidence(connection, broadcast_id)).intact
            said = await lines_said(connection, broadcast_id)
            kinds = list(
                await connection.scalars(
                    sa.select(evidence.c.kind).where(evidence.c.kind.like("script%")).order_by(evidence.c.seq)
                )
            )
            found = (await connection.execute(sa.select(finding).where(finding.c.rule == "SCRIPT"))).all()
        assert [(each.segment, each.line) for each in said] == [(0, 0), (0, 1), (0, 2), (0, 4), (1, 0)]
        assert kinds == ["script", *["script.line"] * 5]
        assert {row.citation for row in found} == {"signed script v1"}

    run(look())


def test_a_script_goes_on_where_a_broken_link_left_it(run: Runner, tmp_path: Path) -> None:
    samples, places = joined(["mug", "cream", "goodbye"], 0.8)
    broadcast_id, show_id = uuid4(), uuid4()
    segments = (
        Segment(title="Mug", policy="strict", lines=("This mug is stoneware, it holds twelve ounces.",)),
        Segment(title="Cream", policy="strict", lines=("Now the hand cream. It smells like rosemary.",)),
        Segment(title="End", policy="free", lines=("Thank you so much for watching, and good night.",)),
    )

    async def scenario() -> None:
        await pin_signed(run.database, show_id, segments)
        async with reviewing(tmp_path, run.database, StandingFacts()) as socket:
            first = await connect(socket, broadcast_id, show_id)
            await first.say(samples[: places[1][0]], START_US)
            first.writer.write(encode_frame(Break(end_us(samples[: places[1][0]]))))
            await first.until_judged(end_us(samples[: places[0][1]]))
            first.writer.close()
            second = await connect(socket, broadcast_id, show_id)
            await second.say(samples, START_US)
            second.writer.write(encode_frame(Break(end_us(samples))))
            await second.until_judged(end_us(samples))
            second.writer.close()

    run(scenario())

    async def look() -> None:
        async with run.database.reading() as connection:
            said = await lines_said(connection, broadcast_id)
            kinds = list(await connection.scalars(sa.select(evidence.c.kind).where(evidence.c.kind.like("script%"))))
        assert [(each.segment, each.line) for each in said] == [(0, 0), (1, 0), (2, 0)]
        assert sorted(kinds) == ["script", *["script.line"] * 3], "nothing twice"

    run(look())


async def pin_signed(database: Database, show_id: UUID, segments: tuple[Segment, ...]) -> None:
    """A script of somebody's, signed by somebody else and pinned to the show."""
    shop_id = await make_shop(database)
    author, signer = await make_person(database), await make_person(database)
    now = to_datetime(START_US)
    async with database.transaction() as connection:
        script_id = await draft_script(connection, shop_id, "Workshop", segments, market="us-en", by=author, at=now)
        await submit_script(connection, script_id, Checks(now, []), revision=1, by=author, at=now)
        version = await sign_script(connection, script_id, revision=2, by=signer, at=now)
        await pin_script(connection, script_id, version, show_id, by=author, at=now)
