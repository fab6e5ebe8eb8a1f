"""A shop's rules over HTTP, in the log, on air and on record."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight.app.flows.withhold_speech.rules_in_force import record_rules, rules_in_force
from tallylight.compliance.change_shop_rules import RuleChange, change_shop_rules, shop_rules
from tallylight.compliance.evidence import verify_evidence
from tallylight.compliance.models import evidence, shop_rule_change
from tallylight.compliance.shop_rules import AddWord, SetLevel
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError
from tests.app.test_selling import Shop, tell
from tests.conftest import Runner
from tests.support.small_shop import small_shop

AT = datetime(2026, 3, 1, tzinfo=UTC)
TURN_DOWN: dict[str, Any] = {
    "change": {"kind": "set_level", "rule": "R10", "level": "note"},
    "reason": "Puffery; agreed with counsel.",
}


def test_compliance_turns_a_rule_down_and_everybody_sees_who_and_why(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/office/shops/{shop.small.shop.id}/compliance/rules"
        await shop.sign_in("compliance")
        before = (await shop.client.get(url)).json()
        assert [market["id"] for market in before["markets"]] == ["us-en", "uk-en", "eu-en", "cn-zh"]
        line = next(each for each in before["rules"] if each["id"] == "R10")
        assert (line["severity"], line["level"], line["change"]) == ("hold", "hold", None)
        assert line["citation"]
        assert line["say_instead"]

        answer = await shop.client.put(url, json=TURN_DOWN, headers=shop.csrf)
        assert answer.status_code == 200, answer.text
        line = next(each for each in answer.json()["rules"] if each["id"] == "R10")
        assert (line["severity"], line["level"]) == ("hold", "note")
        assert line["change"]["reason"] == TURN_DOWN["reason"]
        assert line["change"]["by"]
        other = (await shop.client.get(url, params={"market": "uk-en"})).json()
        assert next(each for each in other["rules"] if each["id"] == "R10")["level"] == "hold"

        for change in (
            {"kind": "add_rival", "name": "Fen and Co"},
            {"kind": "add_word", "word_class": "disease", "word": "Grumbleitis"},
            {
                "kind": "set_rule",
                "rule": "S-founder",
                "title": "No doctor",
                "severity": "block",
                "phrases": ["our founder is a doctor"],
                "say_instead": "Leave it out.",
            },
        ):
            answer = await shop.client.put(url, json={"change": change, "reason": "legal says so"}, headers=shop.csrf)
            assert answer.status_code == 200, answer.text
        after = answer.json()
        assert "Fen and Co" in after["rivals"]
        assert after["words"][0]["change"]["word"] == "grumbleitis"
        assert [each["id"] for each in after["rules"] if each["own"]] == ["S-founder"]
        assert [each["change"]["kind"] for each in after["changes"]] == [
            "set_rule", "add_word", "add_rival", "set_level",
        ]  # fmt: skip

    tell(run, story, "compliance")


def test_who_may_not(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/office/shops/{shop.small.shop.id}/compliance/rules"
        assert (await shop.client.get(url)).status_code == 401
        await shop.sign_in("producer")
        assert (await shop.client.get(url)).status_code == 200
        assert (await shop.client.put(url, json=TURN_DOWN, headers=shop.csrf)).status_code == 403
        await shop.sign_in("compliance")
        assert (await shop.client.put(url, json=TURN_DOWN)).status_code == 403
        elsewhere = f"/api/office/shops/{uuid4()}/compliance/rules"
        assert (await shop.client.get(elsewhere)).status_code == 404
        assert (await shop.client.put(elsewhere, json=TURN_DOWN, headers=shop.csrf)).status_code == 404
        for wrong in (
            {**TURN_DOWN, "reason": ""},
            {**TURN_DOWN, "change": {"kind": "set_level", "rule": "R10", "level": "block"}},
        ):
            assert (await shop.client.put(url, json=wrong, headers=shop.csrf)).status_code == 422
        assert (await shop.client.put(url, json={"change": {"kind": "?"}}, headers=shop.csrf)).status_code == 422
        answer = await shop.client.get(url, params={"market": "xx"})
        assert answer.status_code == 422

    tell(run, story, "producer", "compliance")


def test_a_broadcast_is_judged_by_the_shop_s_rules_and_the_record_says_which(run: Runner) -> None:
    async def scenario() -> None:
        small = await small_shop(run.database, "compliance")
        broadcast_id = uuid4()
        async with run.database.transaction() as connection:
            pack, rules = await rules_in_force(connection, small.show.id, "us-en")
            await record_rules(connection, broadcast_id, "us-en", rules)
            assert pack.rule("R10").severity == "hold"
        for change in (SetLevel("R10", "note"), AddWord("disease", "grumbleitis")):
            async with run.database.transaction() as connection:
                wanted = RuleChange(change=change, reason="agreed with counsel")
                await change_shop_rules(connection, small.shop.id, "us-en", wanted, changed_by=None, at=AT)
        for _ in range(2):
            async with run.database.transaction() as connection:
                pack, rules = await rules_in_force(connection, small.show.id, "us-en")
                await record_rules(connection, broadcast_id, "us-en", rules)
        assert pack.rule("R10").severity == "note"
        assert "grumbleitis" in pack.data.lexicon["disease"].words
        async with run.database.reading() as connection:
            rows = (await connection.execute(sa.select(evidence.c.kind, evidence.c.payload))).all()
            assert (await verify_evidence(connection, broadcast_id)).intact
        assert [row.kind for row in rows] == ["shop_rules"]
        assert [each["change"]["kind"] for each in rows[0].payload["changes"]] == ["add_word", "set_level"]
        assert rows[0].payload["changes"][1]["reason"] == "agreed with counsel"

    run(scenario())


def test_the_log_cannot_be_rewritten(run: Runner) -> None:
    async def scenario() -> None:
        small = await small_shop(run.database, "compliance")
        async with run.database.transaction() as connection:
            wanted = RuleChange(change=SetLevel("R10", "note"), reason="agreed with counsel")
            await change_shop_rules(connection, small.shop.id, "us-en", wanted, changed_by=None, at=AT)
        for statement in (shop_rule_change.delete(), shop_rule_change.update().values(reason="another one")):
            with pytest.raises(DBAPIError, match="append-only"):
                async with run.database.transaction() as connection:
                    await connection.execute(statement)

    run(scenario())


def test_only_one_of_several_people_takes_the_same_word_off(run: Runner) -> None:
    """The log is held while a change is checked against it: only one may remove a word that is there once."""
    from tallylight.compliance.shop_rules import RemoveWord

    async def remove(shop_id: Any) -> str:
        try:
            async with run.database.transaction() as connection:
                wanted = RuleChange(change=RemoveWord("disease", "grumbleitis"), reason="a slip of the pen")
                await change_shop_rules(connection, shop_id, "us-en", wanted, changed_by=None, at=AT)
        except InvalidInputError:
            return "refused"
        return "done"

    async def scenario() -> None:
        small = await small_shop(run.database, "compliance")
        async with run.database.transaction() as connection:
            wanted = RuleChange(change=AddWord("disease", "grumbleitis"), reason="a new one")
            await change_shop_rules(connection, small.shop.id, "us-en", wanted, changed_by=None, at=AT)
        answers = await asyncio.gather(*(remove(small.shop.id) for _ in range(4)))
        assert sorted(answers) == ["done", "refused", "refused", "refused"]
        async with run.database.reading() as connection:
            assert (await shop_rules(connection, small.shop.id, "us-en")).all == ()

    run(scenario())
