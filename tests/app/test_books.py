"""The books over HTTP and by command: who may, close, open down, pay, export; commission plans and fees."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
from xmlschema import XMLSchema

from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.foundation.clock import ManualClock, to_datetime
from tests.app.test_command_line import Command, tallylight, trouble
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.ledger.closing import IBAN, SCHEMA, check
from tests.support.small_shop import small_shop

__all__ = ["tallylight"]

Json = dict[str, Any]
HOUR_US = 3_600_000_000


def test_finance_sets_rates_closes_pays_and_exports(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        client, base = shop.client, f"/api/office/shops/{shop.small.shop.id}"
        await shop.sign_in("producer")
        for path in ("/books", "/books.beancount"):
            assert refusal(await client.get(base + path)) == (403, "forbidden")
        assert (await client.get(f"{base}/rates")).status_code == 200
        plan = {"kind": "open", "rate_bps": 800}
        assert refusal(await client.post(f"{base}/plans", json=plan, headers=shop.csrf)) == (403, "forbidden")

        await shop.sign_in("finance")
        # Without its own token a request from elsewhere sets nothing.
        assert (await client.post(f"{base}/plans", json=plan)).status_code == 403
        made = (await client.post(f"{base}/plans", json=plan, headers=shop.csrf)).json()
        assert [each["plan"]["rate_bps"] for each in made["plans"]] == [800]
        wrong = plan | {"product_id": str(shop.small.shop.id)}
        assert refusal(await client.post(f"{base}/plans", json=wrong, headers=shop.csrf)) == (404, "not_found")
        fee = {"kind": "referral_fee", "rate_bps": 500}
        rates = (await client.put(f"{base}/fees", json=fee, headers=shop.csrf)).json()
        assert [each["kind"] for each in rates["fees"]] == ["referral_fee"]

        clock.advance(1_000_000)
        placed = await client.post("/api/orders", json=shop.order(at_us=clock.now_us(), total=2000))
        assert placed.status_code == 200, placed.text
        assert await charge_due_orders(run.database, now_us=clock.now_us()) == 1
        to = {"to": to_datetime(clock.now_us() + 1).isoformat()}
        early = await client.post(f"{base}/closed-statements", json=to, headers=shop.csrf)
        assert refusal(early) == (422, "invalid_input")
        clock.advance(HOUR_US)
        closed = (await client.post(f"{base}/closed-statements", json=to, headers=shop.csrf)).json()
        again = await client.post(f"{base}/closed-statements", json=to, headers=shop.csrf)
        assert refusal(again) == (409, "period_closed")
        by_kind: dict[str, Json] = {each["party"]["kind"]: each for each in closed}
        assert {kind: each["payable"]["minor"] for kind, each in by_kind.items()} == {
            "brand": 2000 - 160 - 100, "creator": 160, "platform": 100,
        }  # fmt: skip

        one = f"{base}/closed-statements/{by_kind['brand']['id']}"
        lines = {each["key"]: each for each in (await client.get(one)).json()["statement"]["lines"]}
        assert lines["referral_fee"]["amount"]["minor"] == -100
        entries = (await client.get(f"{one}/lines/referral_fee")).json()["entries"]
        assert [(each["order_number"], each["amount"]["minor"]) for each in entries] == [("1001", -100)]
        assert "referral_fee" in (await client.get(f"{one}/statement.csv")).text
        pdf = pypdf.PdfReader(io.BytesIO((await client.get(f"{one}/statement.pdf")).content))
        text = "\n".join(page.extract_text() for page in pdf.pages)
        assert all(words in text for words in ("17.40 USD", "Referral fee", "Aurora"))

        pay_on = {"pay_on": (to_datetime(clock.now_us()) + timedelta(days=1)).date().isoformat()}
        assert refusal(await client.post(f"{base}/payouts", json=pay_on, headers=shop.csrf)) == (409, "nothing_to_pay")
        books = (await client.get(f"{base}/books")).json()
        assert {each["account"] for each in books["parties"]} == {None}
        own = await client.put(f"{base}/bank-account", json={"holder": "Aurora", "iban": IBAN}, headers=shop.csrf)
        assert own.status_code == 204
        for each in books["parties"]:
            url = f"{base}/parties/{each['party']['id']}/bank-account"
            account = {"holder": each["party"]["name"], "iban": IBAN}
            assert (await client.put(url, json=account, headers=shop.csrf)).status_code == 204
            bad = account | {"iban": IBAN[:-1] + "1"}
            assert refusal(await client.put(url, json=bad, headers=shop.csrf)) == (422, "invalid_input")
        paid = (await client.post(f"{base}/payouts", json=pay_on, headers=shop.csrf)).json()
        assert (paid["payouts"], paid["without_account"]) == (3, [])
        file = await client.get(f"{base}/payouts/{paid['payout_id']}/file")
        XMLSchema(SCHEMA).validate(io.BytesIO(file.content))
        assert len((await client.get(f"{base}/payouts/{paid['payout_id']}/file?kind=csv")).text.splitlines()) == 4
        books = (await client.get(f"{base}/books")).json()
        assert {each["state"] for each in books["statements"]} == {"paid"}
        assert IBAN not in str(books)
        text = (await client.get(f"{base}/books.beancount")).text
        assert check(tmp_path / "books.beancount", text) == ""
        plan_id = made["plans"][0]["plan"]["id"]
        assert (await client.post(f"{base}/plans/{plan_id}/end", headers=shop.csrf)).status_code == 200
        assert (await client.post(f"{base}/fees/referral_fee/end", headers=shop.csrf)).status_code == 200
        assert refusal(await client.post(f"{base}/fees/none/end", headers=shop.csrf)) == (404, "not_found")

    tell(run, story, "producer", "finance")


def test_the_commands(run: Runner, tallylight: Command, tmp_path: Path) -> None:
    small = run(small_shop(run.database))
    assert small.shop.slug == "aurora"

    def command(*arguments: str) -> str:
        finished = tallylight(*arguments, "--shop", "aurora", DATABASE_URL=run.database.url)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    made = command("commissions", "set", "partner", "12.5", "--creator", "Mina Park")
    assert "12.5 %" in command("commissions", "list")
    command("commissions", "end", made.split()[0])
    assert command("commissions", "list") == ""
    command("fees", "set", "transaction_fee", "--percent", "2.9", "--fixed", "0.30", "--of", "payment")
    assert "transaction_fee: 2.9 % of payment and 0.30 USD" in command("fees", "list")
    command("fees", "end", "transaction_fee")
    assert "3000" in command("payouts", "account", "bank", "Aurora", "--iban", IBAN)
    assert "Nothing was posted" in command("statements", "close")
    assert command("statements", "list") == command("payouts", "list") == ""
    command("statements", "beancount", str(tmp_path / "books.beancount"))
    assert check(tmp_path / "again.beancount", (tmp_path / "books.beancount").read_text()) == ""
    nothing = tallylight("payouts", "make", str(tmp_path / "p.xml"), "--shop", "aurora", DATABASE_URL=run.database.url)
    assert "no closed statement" in trouble(nothing)
    wrong = tallylight("fees", "set", "reserve", "--percent", "x", "--shop", "aurora", DATABASE_URL=run.database.url)
    assert "percentage" in trouble(wrong)
