"""The planner over HTTP and on the command line: played, saved in versions, compared, held against what really came."""

import csv
import io
import json
from typing import Any
from uuid import uuid4

import msgspec

from tallylight.app.command_line.plans import result_csv
from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.deals.planner.results import PlanResult
from tallylight.foundation.clock import ManualClock
from tests.app.test_deal_desk import Desk, tell
from tests.conftest import Runner
from tests.support.desk_web import DeskWeb

DAY_US = 86_400_000_000
Json = dict[str, Any]
AGREED = str(uuid4())


def shares(brand: int, platform: int) -> list[Json]:
    return [
        {"party": "brand", "name": "Aurora", "share_bps": brand, "budget_minor": 10_000_000},
        {"party": "platform", "name": "Market", "share_bps": platform, "budget_minor": 10_000_000},
    ]


def plan(desk: Desk | DeskWeb, start_us: int, **change: Any) -> Json:
    """Two shows, the second a day later; from midnight between them the platform bears 30 % instead of 50 %."""
    midnight_us = (start_us // DAY_US + 1) * DAY_US
    shows = [
        {
            "title": f"Show {day}", "starts_us": midnight_us + day * DAY_US - 12 * DAY_US // 24, "duration_s": 3600,
            "viewers": 100, "fixed_cost_minor": 1000, "show_id": str(desk.small.show.id) if day == 0 else None,
        }
        for day in (0, 1)
    ]  # fmt: skip
    return {
        "shows": shows,
        "baskets": [{"lines": [{"variant_id": str(desk.shelf.variant_id), "quantity": 1}], "weight": 1}],
        "assumptions": {"conversion_bps": 10_000},
        "unit_costs": [{"variant_id": str(desk.shelf.variant_id), "cost_minor": 700}],
        "agreements": [
            {
                "id": AGREED,
                "terms": {
                    "title": "Spring", "funders": shares(5000, 5000),
                    "steps": [{"from_us": midnight_us, "shares_bps": [7000, 3000]}],
                },
            }
        ],
        "deals": [
            {
                "opens_us": start_us - DAY_US,
                "terms": {
                    "kind": "amount", "amount_minor": 800, "title": "Eight off", "duration_s": 6 * 86_400,
                    "form": "campaign", "agreement_id": AGREED,
                },
            }
        ],
        "runs": 100,
        **change,
    }  # fmt: skip


def test_a_plan_is_played_saved_in_versions_and_compared(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        base = plan(desk, clock.now_us())
        played = await desk.done(f"{desk.shop}/campaigns/try", base)
        assert (played["orders"]["p50"], played["margin"]["p50"]) == (
            200,
            100 * (1300 - 400) + 100 * (1300 - 560) - 2000,
        )
        assert (await desk.client.get(f"{desk.shop}/campaigns")).json() == {"plans": []}
        made = (await desk.post(f"{desk.shop}/campaigns", {"name": "Spring", "plan": base})).json()
        assert (made["version"], made["state"], made["result"]) == (1, "draft", played)
        path = f"{desk.shop}/campaigns/{made['id']}"
        body = {"name": "Spring", "plan": made["plan"] | {"seed": 9}, "state": "kept", "after": 1}
        again = await desk.client.put(path, json=body, headers=desk.csrf)
        assert (again.json()["version"], again.json()["state"]) == (2, "kept")
        stale = await desk.client.put(path, json=body, headers=desk.csrf)
        assert (stale.status_code, stale.json()["error"]["code"]) == (409, "plan_changed")
        first = (await desk.client.get(f"{path}?version=1")).json()["plan"]
        assert (first["version"], first["plan"]["seed"], len(first["versions"])) == (1, 1, 2)
        assert first["result"] == played

        steady = plan(desk, clock.now_us(), seed=9)
        steady["agreements"][0]["terms"]["steps"] = []
        other = (await desk.post(f"{desk.shop}/campaigns", {"name": "Steady", "plan": steady})).json()
        compared = await desk.client.get(f"{desk.shop}/campaigns/compare?ids={made['id']},{other['id']}")
        words = compared.json()["plans"][1]["words"]
        assert any(
            "the brand pays 50 % instead of 70 % and the platform pays 50 % instead of 30 %." in each for each in words
        )
        assert "The brand's part of the discounts, an order, goes from $4.80 to $4.00." in words
        assert compared.json()["plans"][0]["words"] == []
        assert (await desk.client.get(f"{desk.shop}/campaigns/compare?ids={made['id']}")).status_code == 422
        listed = (await desk.client.get(f"{desk.shop}/campaigns")).json()["plans"]
        assert {each["name"]: each["version"] for each in listed} == {"Spring": 2, "Steady": 1}

    tell(run, story, "finance")


def test_what_makes_no_sense_or_is_another_shops_is_refused(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        without = await desk.post(f"{desk.shop}/campaigns/try", plan(desk, clock.now_us(), unit_costs=[]))
        assert (without.status_code, "costs you" in without.text) == (422, True)
        lost = await desk.client.put(
            f"{desk.shop}/campaigns/{uuid4()}",
            json={"name": "x", "plan": plan(desk, clock.now_us())},
            headers=desk.csrf,
        )
        assert lost.status_code == 404
        await desk.sign_in("compliance")
        assert (await desk.client.get(f"{desk.shop}/campaigns")).status_code == 403

    tell(run, story, "finance", "compliance")


def order(desk: Desk, clock: ManualClock, expected_minor: int) -> Json:
    return {
        "key": str(uuid4()), "show_id": str(desk.small.show.id), "broadcast_id": None,
        "lines": [{"variant_id": str(desk.shelf.variant_id), "quantity": 1}], "at_us": clock.now_us(),
        "expected_total": {"minor": expected_minor, "currency": "USD"},
        "buyer": {
            "email": "ana@x.test", "name": "Ana Lopez",
            "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
        },
        "payment": {"provider": "test", "token": "tok_ok"},
    }  # fmt: skip


def test_the_live_result_is_held_against_the_plan(run: Runner) -> None:
    """Two serums at 20.00, one of them for 15.00 on the brand's deal, a fee of 5 %, pieces at 7.00, a show at 10.00."""

    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("producer")
        saved = (
            await desk.post(f"{desk.shop}/campaigns", {"name": "Spring", "plan": plan(desk, clock.now_us())})
        ).json()
        before = (await desk.client.get(f"{desk.shop}/campaigns/{saved['id']}")).json()["live"]
        assert (before["shows"], [each["orders"] for each in before["days"]]) == (1, [0])
        await desk.sign_in("finance")
        fee = {"kind": "referral_fee", "rate_bps": 500}
        await desk.client.put(f"{desk.shop}/fees", json=fee, headers=desk.csrf)
        answer = await desk.post("/api/orders", order(desk, clock, 2000))
        assert answer.status_code in (200, 201), answer.text
        await desk.done(f"/api/office/deals/{desk.shelf.deal_id}/accept", {"party": "brand"})
        await desk.sign_in("producer")
        await desk.done(f"/api/office/deals/{desk.shelf.deal_id}/open")
        clock.advance(1_000_000)
        answer = await desk.post("/api/orders", order(desk, clock, 1500))
        assert answer.status_code in (200, 201), answer.text
        await charge_due_orders(run.database, now_us=clock.now_us() + 1)
        days = (await desk.client.get(f"{desk.shop}/campaigns/{saved['id']}")).json()["live"]["days"]
        sold = next(day for day in days if day["orders"])
        assert (sold["orders"], sold["revenue"], sold["discounts"]) == (2, 3500, {"brand Aurora": 500})
        margin = 4000 - 500 - 175 - 2 * 700 - 1000
        assert sum(day["margin"] for day in days) == margin
        start = (await desk.client.get(f"{desk.shop}/campaigns/start")).json()
        assert (start["past"]["shows"], start["past"]["orders_a_show"], start["past"]["repeat_bps"]) == (1, 2, 5000)
        assert start["past"]["baskets"] == [
            {"lines": [{"variant_id": str(desk.shelf.variant_id), "quantity": 1}], "weight": 2}
        ]

    tell(run, story, "producer", "finance", "owner")


def test_a_unit_cost_is_kept_for_plans_to_start_with(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        path = f"{desk.shop}/variants/{desk.shelf.variant_id}/unit-cost"
        assert (await desk.client.put(path, json={"cost_minor": 700}, headers=desk.csrf)).status_code == 200
        variants = (await desk.client.get(f"{desk.shop}/campaigns/start")).json()["variants"]
        assert [each["unit_cost_minor"] for each in variants] == [700]
        assert (await desk.client.put(path, json={"cost_minor": -1}, headers=desk.csrf)).status_code == 422
        strange = f"{desk.shop}/variants/{uuid4()}/unit-cost"
        assert (await desk.client.put(strange, json={"cost_minor": 1}, headers=desk.csrf)).status_code == 404

    tell(run, story, "finance")


def test_a_result_as_csv_has_a_line_a_day(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        played = await desk.done(f"{desk.shop}/campaigns/try", plan(desk, clock.now_us()))
        rows = list(csv.DictReader(io.StringIO(result_csv(msgspec.json.decode(json.dumps(played), type=PlanResult)))))
        assert [row["orders p50"] for row in rows] == ["100", "100"]
        assert [row["discount platform Market p50"] for row in rows] == ["400.00", "240.00"]

    tell(run, story, "finance")
