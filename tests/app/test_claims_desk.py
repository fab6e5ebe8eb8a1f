"""The claims library over HTTP: who may do what, evidence files, CSV, and stale decisions."""

from pathlib import Path
from typing import Any

import httpx

from tallylight.foundation.clock import ManualClock
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner

PDF = b"%PDF-1.7 a study"


class Desk:
    """Calls of the desk, as whoever is signed in."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.base = f"/api/desk/shops/{shop.small.shop.id}/claims"

    async def add(self, **fields: Any) -> httpx.Response:
        body = {"wording": "Hydrates for 24 hours", "product_id": str(self.shop.shelf.product_id)} | fields
        return await self.shop.client.post(self.base, json=body, headers=self.shop.csrf)

    async def step(self, claim: dict[str, Any], step: str, **fields: Any) -> httpx.Response:
        body = {"revision": claim["versions"][0]["revision"]} | fields
        return await self.shop.client.post(f"/api/desk/claims/{claim['id']}/{step}", json=body, headers=self.shop.csrf)

    async def change(self, claim: dict[str, Any], **fields: Any) -> httpx.Response:
        body = {"wording": "Hydrates for 24 hours", "revision": claim["versions"][0]["revision"]} | fields
        return await self.shop.client.put(f"/api/desk/claims/{claim['id']}", json=body, headers=self.shop.csrf)

    async def upload(self, claim: dict[str, Any], content: bytes, name: str = "study.pdf") -> httpx.Response:
        return await self.shop.client.post(
            f"/api/desk/claims/{claim['id']}/files",
            params={"name": name},
            content=content,
            headers={**self.shop.csrf, "content-type": "application/octet-stream"},
        )


def test_a_claim_is_written_by_producers_and_approved_by_compliance(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        desk = Desk(shop)
        await shop.sign_in("producer")
        made = await desk.add(disclaimer="Results vary", disclaimer_within_s=20, expires_at="2030-01-01T00:00:00Z")
        assert made.status_code == 201, made.text
        claim = (await desk.step(made.json(), "submit", comment="please")).json()
        assert claim["versions"][0]["state"] == "review"
        assert refusal(await desk.step(claim, "decision", approve=True)) == (403, "forbidden")
        await shop.sign_in("compliance")
        stale = dict(made.json())
        assert refusal(await desk.step(stale, "decision", approve=True)) == (409, "changed_meanwhile")
        claim = (await desk.step(claim, "decision", approve=True, comment="study seen")).json()
        version = claim["versions"][0]
        assert (version["state"], version["expired"]) == ("approved", False)
        assert version["content"]["disclaimer_within_s"] == 20
        assert [(step["step"], step["by"]) for step in claim["steps"]] == [
            ("drafted", "Producer"),
            ("submitted", "Producer"),
            ("approved", "Compliance"),
        ]
        changed = (await desk.change(claim, wording="Hydrates for 48 hours")).json()
        assert [(each["version"], each["state"]) for each in changed["versions"]] == [(2, "draft"), (1, "approved")]
        cards = (await shop.client.get(desk.base)).json()["claims"]
        assert [(card["latest"]["version"], card["in_force"]["version"]) for card in cards] == [(2, 1)]
        assert refusal(await desk.step(changed, "withdraw", comment=""))[0] == 422
        gone = (await desk.step(changed, "withdraw", comment="study retracted")).json()
        assert [each["state"] for each in gone["versions"]] == ["draft", "withdrawn"]

    tell(run, story, "producer", "compliance")


def test_the_library_is_not_for_everyone(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        desk = Desk(shop)
        assert refusal(await shop.client.get(desk.base)) == (401, "unauthenticated")
        await shop.sign_in("compliance")
        claim = (await desk.add()).json()
        csrf, shop.csrf = shop.csrf, {}
        assert (await desk.add()).status_code == 403, "no change without the token"
        shop.csrf = csrf
        await shop.sign_in("finance")
        assert refusal(await shop.client.get(desk.base)) == (403, "forbidden")
        assert refusal(await shop.client.get(f"/api/desk/claims/{claim['id']}")) == (403, "forbidden")
        assert refusal(await desk.upload(claim, PDF)) == (403, "forbidden")

    tell(run, story, "compliance", "finance")


def test_evidence_is_kept_and_given_to_those_who_may_see_it(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        desk = Desk(shop)
        await shop.sign_in("producer")
        claim = (await desk.add()).json()
        uploaded = await desk.upload(claim, PDF, "../Studie für alle.pdf")
        assert uploaded.status_code == 201, uploaded.text
        file_id = uploaded.json()["id"]
        assert (await desk.upload(claim, PDF)).json()["id"] == file_id, "the same content is the same file"
        claim = (await desk.change(claim, file_id=file_id)).json()
        assert claim["files"][0]["name"] == "Studie für alle.pdf"
        assert claim["versions"][0]["content"]["file_id"] == file_id
        url = f"/api/desk/claims/{claim['id']}/files/{file_id}"
        answer = await shop.client.get(url)
        assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
        other = (await desk.add(wording="Other")).json()
        assert refusal(await shop.client.get(f"/api/desk/claims/{other['id']}/files/{file_id}")) == (404, "not_found")
        assert refusal(await desk.change(other, file_id=file_id))[0] == 422
        assert refusal(await desk.upload(claim, b"MZ\0\0"))[0] == 422
        assert refusal(await desk.upload(claim, b""))[0] == 422
        assert refusal(await desk.upload(claim, bytes((16 << 20) + 1))) == (413, "body_too_large")
        assert (
            await shop.client.post(f"/api/desk/claims/{claim['id']}/files", json={}, headers=shop.csrf)
        ).status_code == 415
        await shop.sign_in("finance")
        assert refusal(await shop.client.get(url)) == (403, "forbidden")

    tell(run, story, "producer", "finance", data_dir=tmp_path)


def test_csv_goes_out_and_comes_in(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        desk = Desk(shop)
        headers = {"content-type": "text/csv"}
        await shop.sign_in("producer")
        body = "product,wording,state\r\nserum,Soft,approved\r\nserum,=Firm,draft\r\n"
        answer = await shop.client.post(f"{desk.base}/import", content=body, headers=shop.csrf | headers)
        assert answer.json()["imported"] == 1
        assert [row["line"] for row in answer.json()["skipped_rows"]] == [2]
        await shop.sign_in("compliance")
        answer = await shop.client.post(f"{desk.base}/import", content=body, headers=shop.csrf | headers)
        assert (answer.json()["imported"], answer.json()["unchanged"]) == (1, 1)
        exported = await shop.client.get(f"{desk.base}/export")
        assert exported.headers["content-type"].startswith("text/csv")
        assert "serum,us-en,'=Firm,,,,draft\r\n" in exported.text
        again = await shop.client.post(f"{desk.base}/import", content=exported.content, headers=shop.csrf | headers)
        assert (again.json()["unchanged"], again.json()["skipped_rows"]) == (2, [])

    tell(run, story, "producer", "compliance")


def test_wrong_fields_are_named(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        desk = Desk(shop)
        await shop.sign_in("compliance")
        for fields, field in (
            ({"wording": ""}, "wording"),
            ({"market": "mars"}, "market"),
            ({"disclaimer": "x", "disclaimer_within_s": 0}, "disclaimer_within_s"),
            ({"expires_at": "soon"}, "expires_at"),
        ):
            answer = await desk.add(**fields)
            assert (answer.status_code, answer.json()["error"]["fields"]["field"]) == (422, field), answer.text

    tell(run, story, "compliance")
