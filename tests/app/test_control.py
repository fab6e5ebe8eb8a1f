"""The control room over HTTP: snapshot, decisions, gate, moderation, keys, preview."""

from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa

from tallylight.compliance.models import evidence, finding, transcript
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import ShowId, new_id
from tallylight.foundation.outbox import publish
from tallylight.media.preview_token import preview_key, verify_preview
from tallylight.media.stream_address import keep_stream_token
from tallylight.members.stream_keys import verify_stream_key
from tallylight.shows.queries import gate_commands_after, latest_broadcast
from tallylight.shows.start_broadcast import start_broadcast
from tallylight.shows.types import Broadcast
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner


async def go_on_air(run: Runner, shop: Shop, clock: ManualClock) -> Broadcast:
    async with run.database.transaction() as connection:
        broadcast = await start_broadcast(
            connection, ShowId(shop.small.show.id), delay_ms=8000, started_us=clock.now_us() - 20_000_000
        )
        await keep_stream_token(connection, broadcast.id, "secret-stream-token")
        said_us = clock.now_us() - 5_000_000
        words = [{"text": "hello", "start_us": said_us, "end_us": said_us + 500_000, "probability_permille": 900}]
        await connection.execute(
            transcript.insert().values(
                broadcast_id=broadcast.id,
                start_us=words[0]["start_us"],
                end_us=words[0]["end_us"],
                words=words,
            )
        )
    return broadcast


async def find(run: Runner, broadcast: Broadcast, clock: ManualClock, verdict: str = "hold") -> UUID:
    finding_id = new_id()
    async with run.database.transaction() as connection:
        await connection.execute(
            finding.insert().values(
                id=finding_id,
                broadcast_id=broadcast.id,
                show_id=broadcast.show_id,
                rule="R5",
                rule_title="Scarcity",
                verdict=verdict,
                quote="only two left",
                start_us=clock.now_us() - 3_000_000,
                end_us=clock.now_us() - 2_000_000,
                reason="there are ten left",
                citation="16 CFR 233",
                facts={"available": 10},
                say_instead=None,
                action="bleep",
                decide_by_wall_us=clock.now_us() + 5_000_000,
            )
        )
    return finding_id


def test_the_control_room_begins_with_everything(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        finding_id = await find(run, broadcast, clock)
        shop.services.delivery.tell(
            f"control:{shop.small.show.id}",
            "gate",
            {
                "state": "safe",
                "delay_ms": 8000,
                "programme_us": 3,
                "judged_us": 2,
                "released_us": 1,
                "speech_lag_ms": 900,
                "ingest": None,
                "message": None,
            },
        )
        url = f"/api/control/shows/{shop.small.show.slug}"
        assert refusal(await shop.client.get(url)) == (401, "unauthenticated")
        await shop.sign_in("compliance")
        view = (await shop.client.get(url)).json()
        assert view["show"]["state"] == "live"
        assert view["show"]["broadcast"]["hls_url"].endswith(f"/hls/{broadcast.id}/secret-stream-token/live.m3u8")
        assert view["gate"]["state"] == "safe"
        assert [word["text"] for word in view["words"]] == ["hello"]
        assert [one["id"] for one in view["findings"]] == [str(finding_id)]
        assert [cue["kind"] for cue in view["cues"]] == ["pin", "unpin", "deal"]
        assert [deal["state"] for deal in view["deals"]] == ["draft"]
        assert view["totals"] == {
            "orders": 0,
            "gmv": {"minor": 0, "currency": "USD"},
            "discount": {"minor": 0, "currency": "USD"},
            "units": 0,
        }
        token = view["programme_url"].split("/")[-2]
        assert verify_preview(preview_key(tmp_path), token, clock.now_us()) == broadcast.id
        clock.advance(6_000_000)
        assert (await shop.client.get(url)).json()["gate"]["state"] == "off"
        renewed = (await shop.client.get(f"/api/control/shows/{shop.small.show.id}/preview")).json()
        assert renewed["programme_url"] != view["programme_url"]
        shows = (await shop.client.get("/api/control/shows")).json()["shows"]
        assert [show["slug"] for show in shows] == ["aurora-live"]

    tell(run, story, "compliance", data_dir=tmp_path)


def test_the_desk_decides_while_the_words_are_held(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        held, blocked = await find(run, broadcast, clock), await find(run, broadcast, clock, "block")

        async def decide(finding_id: UUID, kind: str, instead_of: str | None = None) -> tuple[int, str]:
            body = {"kind": kind, "instead_of": instead_of}
            answer = await shop.client.post(
                f"/api/control/findings/{finding_id}/decision", json=body, headers=shop.csrf
            )
            return (200, answer.json()["kind"]) if answer.status_code == 200 else refusal(answer)

        await shop.sign_in("finance")
        assert await decide(held, "clear") == (403, "forbidden")
        await shop.sign_in("producer")
        assert await decide(held, "bleep") == (200, "bleep")
        assert await decide(held, "clear") == (200, "clear")
        assert await decide(blocked, "clear") == (403, "forbidden")
        assert await decide(blocked, "cover") == (200, "cover")
        assert await decide(uuid4(), "clear") == (404, "not_found")
        assert await decide(held, "shout") == (422, "invalid_input")
        await shop.sign_in("compliance")
        assert await decide(blocked, "clear") == (409, "already_decided")
        assert await decide(blocked, "clear", instead_of="cover") == (200, "clear")
        clock.advance(5_000_000)
        assert await decide(blocked, "bleep") == (409, "too_late")
        async with run.database.reading() as connection:
            commands = await gate_commands_after(connection, broadcast.show_id, 0)
            kept = await connection.scalars(
                sa.select(evidence.c.payload["kind"].as_string())
                .where(evidence.c.broadcast_id == broadcast.id)
                .order_by(evidence.c.seq)
            )
            assert list(kept) == ["bleep", "clear", "cover", "clear"]
        assert [(one.finding_id, one.kind) for one in commands] == [
            (held, "bleep"),
            (held, "clear"),
            (blocked, "cover"),
            (blocked, "clear"),
        ]
        told = [one for one in await shop.events(run, "control") if one.type == "finding.decided"]
        assert [one.payload["decision"]["by"] for one in told] == ["Producer", "Producer", "Producer", "Compliance"]

    tell(run, story, "producer", "compliance", "finance", data_dir=tmp_path)


def test_panic_reaches_the_gate_and_the_evidence(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        url = f"/api/control/shows/{shop.small.show.id}/gate"
        await shop.sign_in("producer")
        assert refusal(await shop.client.post(url, json={"kind": "panic"})) == (403, "csrf")
        for kind in ("panic", "uncover"):
            answer = await shop.client.post(url, json={"kind": kind}, headers=shop.csrf)
            assert (answer.status_code, answer.content) == (204, b"")
        assert (await shop.client.post(url, json={"kind": "clear"}, headers=shop.csrf)).status_code == 422
        async with run.database.reading() as connection:
            commands = await gate_commands_after(connection, broadcast.show_id, 0)
            kept = (await connection.scalars(sa.select(evidence.c.payload).order_by(evidence.c.seq))).all()
        assert [one.kind for one in commands] == ["panic", "uncover"]
        assert [one["kind"] for one in kept] == ["panic", "uncover"]
        assert {one["by"] for one in kept} == {str(shop.small.people["producer"].id)}

    tell(run, story, "producer", data_dir=tmp_path)


def test_the_keys_on_the_programme_reach_the_gate_with_their_amounts(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        url = f"/api/control/shows/{shop.small.show.id}/gate"
        await shop.sign_in("producer")
        longer = broadcast.delay_ms + 2_000
        keys: list[tuple[str, int | None]] = [
            ("dump", 5_000),
            ("cough", None),
            ("cough_end", None),
            ("cover_picture", None),
            ("delay", longer),
            ("end", None),
        ]
        for kind, amount_ms in keys:
            answer = await shop.client.post(url, json={"kind": kind, "amount_ms": amount_ms}, headers=shop.csrf)
            assert answer.status_code == 204
        for wrong in ({"kind": "dump"}, {"kind": "cough", "amount_ms": 1}, {"kind": "delay", "amount_ms": 30_001}):
            assert (await shop.client.post(url, json=wrong, headers=shop.csrf)).status_code == 422
        async with run.database.reading() as connection:
            commands = await gate_commands_after(connection, broadcast.show_id, 0)
            kept = (await connection.scalars(sa.select(evidence.c.payload).order_by(evidence.c.seq))).all()
            on_air = await latest_broadcast(connection, broadcast.show_id)
        assert [(one.kind, one.amount_ms) for one in commands] == keys
        assert [(one["kind"], one.get("amount_ms")) for one in kept] == keys
        assert on_air is not None
        assert on_air.delay_ms == longer, "prices hold for what the slowest viewer sees"

    tell(run, story, "producer", data_dir=tmp_path)


def test_a_hidden_message_leaves_every_screen(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show = shop.small.show.id
        said = {"name": "Bo", "text": "rude words", "at_us": 1, "viewer_id": "viewer-0001"}
        line = (await shop.client.post(f"/api/shows/{show}/chat", json=said)).json()
        url = f"/api/control/shows/{show}/chat/{line['id']}/hide"
        await shop.sign_in("producer")
        for _ in range(2):
            assert (await shop.client.post(url, headers=shop.csrf)).status_code == 204
        assert (await shop.client.get("/api/shows/aurora-live")).json()["chat"] == []
        for channel in ("show", "control"):
            events = await shop.events(run, channel)
            assert [one.type for one in events] == ["chat", "chat.hidden"]
            assert events[1].payload == {"id": line["id"]}
        unknown = f"/api/control/shows/{show}/chat/{uuid4()}/hide"
        assert refusal(await shop.client.post(unknown, headers=shop.csrf)) == (404, "not_found")

    tell(run, story, "producer", data_dir=tmp_path)


def test_a_stream_key_is_shown_once_and_replaces_the_one_before(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/stream-key"
        await shop.sign_in("producer")
        first, second = [(await shop.client.post(url, headers=shop.csrf)).json() for _ in range(2)]
        assert first["server"] == "rtmp://shop.test:1935/live"
        async with run.database.transaction() as connection:
            assert await verify_stream_key(connection, first["key"]) is None
            key = await verify_stream_key(connection, second["key"])
            assert key is not None
            assert key.show_id == shop.small.show.id

    tell(run, story, "producer", data_dir=tmp_path)


def test_captions_of_the_last_minute_are_in_the_snapshot(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        now_us = clock.now_us()
        async with run.database.transaction() as connection:
            for age_s in (100, 59, 1):
                start_us = now_us - age_s * 1_000_000
                caption = {"start_us": start_us, "end_us": start_us + 500_000, "text": f"{age_s} s ago"}
                await publish(connection, f"show:{shop.small.show.id}", "caption", caption, at_us=start_us)
        view = (await shop.client.get("/api/shows/aurora-live")).json()
        assert [one["text"] for one in view["captions"]] == ["59 s ago", "1 s ago"]
        assert msgspec.json.encode(view["channel"]["offset"]) == b"3"

    tell(run, story, data_dir=tmp_path)
