"""What a host says of how many look at a thing, against what players told several web processes at that moment."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from tallylight.app.flows.live_facts import ShopFacts
from tallylight.app.processes.chores import Chores
from tallylight.audience.item_viewers import ADDRESS_VIEWERS_MAX
from tallylight.audience.keep_item_viewers import KEPT_US, TURN_US
from tallylight.compliance.judge_speech import SpeechJudge
from tallylight.compliance.types import Circumstances
from tallylight.foundation.clock import ManualClock
from tallylight.speech.recogniser import Heard, Word
from tests.app.test_live_facts import pin, set_stage
from tests.compliance.patterns import patterns_of
from tests.conftest import Runner
from tests.support.browser import PHONE, chromium, open_context
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder
from tests.support.shop import NOW_US
from tests.support.web import client_of, services_on

WORD_US = 300_000


async def verdicts(facts: ShopFacts, show_id: UUID, text: str, at_us: int) -> list[str]:
    """What the judge makes of ``text``, the last word of which is said at programme time ``at_us``."""
    said = text.split()
    words = tuple(
        Word(word, at_us - (len(said) - index) * WORD_US, at_us - (len(said) - index) * WORD_US + 280_000, 900)
        for index, word in enumerate(said)
    )
    judge = SpeechJudge(patterns_of("us-en"))
    judge.hear(Heard(words, at_us, pause=True))
    portion = judge.take()
    assert portion is not None
    found = judge.judge(portion, Circumstances(products=list(await facts.facts_at(show_id, portion.at_us, text))))
    return [each.found.verdict for each in found if each.found.rule == "R9"]


def test_a_crowd_that_is_not_there_is_stopped_and_one_that_is_may_be_told(run: Runner) -> None:
    async def story() -> None:
        stage = await set_stage(run)
        await pin(run, stage, stage.serum, NOW_US - 60 * 1_000_000)
        clock, facts = ManualClock(NOW_US), ShopFacts(run.database)
        processes = [services_on(run.database, clock) for _ in range(2)]
        path, claim = f"/api/shows/{stage.show_id}/looking", "two hundred people have this in their basket right now"
        true_claim = "twelve people have this in their basket right now"
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(client_of(each)) for each in processes]

            async def look(one: int, *products: object) -> int:
                body = {"viewer_id": f"viewer-{one:04}", "product_ids": [str(each) for each in products]}
                answers = [await client.post(path, json=body) for client in clients[: 2 if one % 3 == 0 else 1]]
                return answers[-1].status_code

            async def keep() -> None:
                for each in processes:
                    await each.keep_viewer_count()
                clock.advance(TURN_US)
                for each in processes:
                    await each.keep_viewer_count()
                clock.advance(TURN_US)

            assert await verdicts(facts, stage.show_id, claim, clock.now_us()) == ["hold"]  # nothing is known yet
            assert [await look(one, stage.serum) for one in range(12)] == [204] * 12
            assert await look(20, stage.mug) == 204
            await keep()
            few_us = clock.now_us()
            (serum,) = await facts.facts_at(stage.show_id, few_us, "")
            assert serum.facts.viewers_of_item == 12
            assert await verdicts(facts, stage.show_id, claim, few_us) == ["block"]
            assert await verdicts(facts, stage.show_id, true_claim, few_us) == []

            # They empty their bags: the words are compared with what was then, whenever they are judged.
            assert [await look(one) for one in range(12)] == [204] * 12
            await keep()
            assert await verdicts(facts, stage.show_id, true_claim, clock.now_us()) == ["block"]
            assert await verdicts(facts, stage.show_id, true_claim, few_us) == []

            # A script that makes viewers up is let in as far as one address goes, which is no crowd of two hundred.
            made_up = [await look(one * 3 + 1, stage.serum) for one in range(100, 100 + ADDRESS_VIEWERS_MAX + 20)]
            assert made_up.count(429) == 20 + 1  # the one who looks at the mug is behind it, too
            await keep()
            assert await verdicts(facts, stage.show_id, claim, clock.now_us()) == ["block"]

            unknown = "/api/shows/00000000-0000-7000-8000-000000000000/looking"
            body = {"viewer_id": "viewer-0001", "product_ids": [str(stage.serum)]}
            assert (await clients[0].post(unknown, json=body)).status_code == 404
            assert (await clients[0].post(path, json=body | {"product_ids": ["mug"]})).status_code in (400, 422)
        clock.advance(KEPT_US + 60 * 1_000_000)
        await Chores(run.database, clock).tidy()
        assert (await facts.facts_at(stage.show_id, few_us, ""))[0].facts.viewers_of_item is None

    run(story())


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder) as running:
        yield running


@pytest.mark.browser
def test_the_player_tells_what_is_open_and_in_the_bag_until_it_is_taken_out(web: DeskWeb) -> None:
    product_id, show_id = web.shelf.product_id, web.small.show.id

    async def items() -> set[UUID]:
        return set(web.services.item_viewers.looked(show_id, web.services.clock.now_us()).items)

    def looked_at() -> bool:
        return product_id in web.do(items())

    with chromium() as browser:
        page = open_context(browser, PHONE, touch=True).new_page()
        page.goto(f"{web.url}/watch/{web.small.show.slug}")
        page.get_by_test_id("open-shop").click()
        assert not looked_at()
        with page.expect_response("**/looking") as opened:
            page.get_by_test_id("product-row").click()
        assert (opened.value.status, looked_at()) == (204, True)
        with page.expect_response("**/looking", timeout=20_000) as again:  # unasked, after ten seconds
            pass
        assert (again.value.status, looked_at()) == (204, True)
        page.get_by_test_id("add-to-bag").click()
        page.get_by_test_id("open-shop").click()
        assert looked_at()  # the sheet was closed, and the piece is still in the bag
        with page.expect_response("**/looking") as emptied:
            page.get_by_test_id("bag").get_by_role("button", name="out of the bag").click()
        assert (emptied.value.status, looked_at()) == (204, False)
