"""Reports over HTTP and by the clock: who may, what they get, what retention leaves."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tallylight.app.flows.expire_broadcasts import expire_broadcasts
from tallylight.app.processes.evidence_jobs import EvidenceChores
from tallylight.compliance.models import finding, transcript
from tallylight.compliance.record.retention import DAY_US, DAYS_DEFAULT
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.outbox import publish
from tallylight.media.keep_recording import note_recording_started
from tests.app.test_command_line import Command, tallylight, trouble
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.support.aired_show import air_show
from tests.support.small_shop import small_shop

__all__ = ["tallylight"]


def test_compliance_lists_downloads_signs_and_holds(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        shown = await air_show(run.database, shop.small, clock.now_us() - 60_000_000)
        listing = f"/api/desk/shops/{shop.small.shop.id}/reports"
        base = f"/api/desk/broadcasts/{shown.broadcast_id}"
        assert refusal(await shop.client.get(listing)) == (401, "unauthenticated")
        await shop.sign_in("compliance")
        [line] = (await shop.client.get(listing)).json()["reports"]
        assert (line["title"], line["hold"], line["signature"]) == ("Evening glow", None, None)
        assert line["deleted_on_us"] == line["ended_us"] + DAYS_DEFAULT * DAY_US
        chain = (await shop.client.get(f"{base}/chain")).json()
        assert chain["intact"]
        report = await shop.client.get(f"{base}/report.json")
        assert report.headers["content-disposition"] == f'attachment; filename="evidence-{shown.broadcast_id}.json"'
        assert len(report.json()["chain"]) == chain["entries"] == line["entries"]
        assert (await shop.client.get(f"{base}/report.pdf")).content.startswith(b"%PDF")
        with zipfile.ZipFile(io.BytesIO((await shop.client.get(f"{base}/report.zip")).content)) as bundle:
            assert set(bundle.namelist()) == {"README.txt", "report.json", "report.pdf", "verify.py"}
            assert bundle.read("report.json") == report.content

        assert refusal(await shop.client.post(f"{base}/sign")) == (403, "csrf")
        signed = (await shop.client.post(f"{base}/sign", headers=shop.csrf)).json()
        again = await shop.client.get(f"{base}/report.json?entries={signed['entries']}")
        assert again.content == report.content, "as it was signed"
        reason = {"reason": "case 12"}
        held = await shop.client.post(f"{base}/hold", json=reason, headers=shop.csrf)
        assert held.status_code == 204, held.text
        assert refusal(await shop.client.post(f"{base}/hold", json=reason, headers=shop.csrf)) == (409, "legal_hold")
        [line] = (await shop.client.get(listing)).json()["reports"]
        assert (line["hold"]["reason"], line["hold"]["name"]) == ("case 12", "Compliance")
        assert (line["signature"]["name"], line["deleted_on_us"]) == ("Compliance", None)
        lifted = await shop.client.post(f"{base}/hold/lift", json={"reason": "settled"}, headers=shop.csrf)
        assert lifted.status_code == 204
        acts = (await shop.client.get(f"{base}/report.json")).json()["acts"]
        assert [act["kind"] for act in acts] == ["signature", "hold", "hold"]

        days = f"/api/desk/shops/{shop.small.shop.id}/retention"
        assert (await shop.client.put(days, json={"days": 365}, headers=shop.csrf)).status_code == 204
        assert refusal(await shop.client.put(days, json={"days": 3}, headers=shop.csrf)) == (422, "invalid_input")
        assert (await shop.client.get(listing)).json()["retention_days"] == 365

    tell(run, story, "compliance", data_dir=tmp_path)


@pytest.mark.parametrize("role", ["finance", "producer"])
def test_no_one_else_sees_reports(run: Runner, role: str) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        shown = await air_show(run.database, shop.small, clock.now_us() - 60_000_000)
        base = f"/api/desk/broadcasts/{shown.broadcast_id}"
        await shop.sign_in(role)  # type: ignore[arg-type]
        for path in (f"/api/desk/shops/{shop.small.shop.id}/reports", f"{base}/chain", f"{base}/report.json"):
            assert refusal(await shop.client.get(path)) == (403, "forbidden")
        for path in (f"{base}/report.pdf", f"{base}/report.zip"):
            assert refusal(await shop.client.get(path)) == (403, "forbidden")
        for path in (f"{base}/hold", f"{base}/hold/lift"):
            answer = await shop.client.post(path, json={"reason": "x"}, headers=shop.csrf)
            assert refusal(answer) == (403, "forbidden")
        assert refusal(await shop.client.post(f"{base}/sign", headers=shop.csrf)) == (403, "forbidden")

    tell(run, story, role)  # type: ignore[arg-type]


def test_records_go_when_their_time_is_over_and_no_hold_keeps_them(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        started_us = clock.now_us() - 60_000_000
        old = await air_show(run.database, shop.small, started_us)
        held = await air_show(run.database, shop.small, started_us + 30_000_000)
        await shop.sign_in("compliance")
        await shop.client.post(
            f"/api/desk/broadcasts/{held.broadcast_id}/hold", json={"reason": "case"}, headers=shop.csrf
        )
        recordings = shop.services.settings.recordings_dir
        for shown in (old, held):
            (recordings / str(shown.broadcast_id) / "aired").mkdir(parents=True)
            (recordings / str(shown.broadcast_id) / "aired" / "s1.m4s").write_bytes(b"speech")
        async with run.database.transaction() as connection:
            await note_recording_started(connection, old.broadcast_id, started_us)
            channel = f"control:{shop.small.show.id}"
            await publish(connection, channel, "words", {"words": ["speech"]}, at_us=started_us + 1)

        almost = started_us + 20_000_000 + DAYS_DEFAULT * DAY_US
        assert await expire_broadcasts(run.database, recordings, now_us=almost) == 0
        chores = EvidenceChores(run.database, ManualClock(almost + DAY_US), recordings)
        assert await chores.expire() == 1
        assert await chores.expire() == 0
        assert not (recordings / str(old.broadcast_id)).exists()
        assert (recordings / str(held.broadcast_id)).exists()
        async with run.database.reading() as connection:
            lines = set(await connection.scalars(sa.select(transcript.c.broadcast_id)))
            states = list(await connection.scalars(sa.text("select distinct state from recording")))
            events = list(await connection.scalars(sa.text("select payload from event where type = 'words'")))
            assert set(await connection.scalars(sa.select(finding.c.broadcast_id))) <= {held.broadcast_id}
        assert (lines, states, events) == ({held.broadcast_id}, ["deleted"], [])
        chain = (await shop.client.get(f"/api/desk/broadcasts/{old.broadcast_id}/chain")).json()
        assert (chain["intact"], chain["emptied"] > 0) == (True, True)
        document = (await shop.client.get(f"/api/desk/broadcasts/{old.broadcast_id}/report.json")).text
        assert "eczema" not in document
        assert json.loads(document)["glance"]["state"] == "emptied"

    tell(run, story, "compliance", data_dir=tmp_path)


def test_the_command_writes_the_report(run: Runner, tallylight: Command, tmp_path: Path) -> None:
    shown = run(air_show(run.database, run(small_shop(run.database)), 1_750_000_000_000_000))
    files = [tmp_path / f"report.{suffix}" for suffix in ("pdf", "json", "zip")]
    arguments = ("--pdf", str(files[0]), "--json", str(files[1]), "--bundle", str(files[2]))
    finished = tallylight("evidence", "report", str(shown.broadcast_id), *arguments, DATABASE_URL=run.database.url)
    assert finished.returncode == 0, finished.stderr
    assert hashlib.sha256(files[1].read_bytes()).hexdigest() in finished.stdout
    assert files[0].read_bytes().startswith(b"%PDF")
    with zipfile.ZipFile(files[2]) as bundle:
        assert bundle.read("report.json") == files[1].read_bytes()
    unknown = tallylight("evidence", "report", str(uuid4()), DATABASE_URL=run.database.url)
    assert "no such broadcast" in trouble(unknown)
