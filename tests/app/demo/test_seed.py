"""The demo plants itself once and continues on the same data."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals, ledger
from tallylight.app.demo import cast
from tallylight.app.demo.flash_deal import end_open_deals, full_shelves, prepare_deal, restock
from tallylight.app.demo.host import Stage
from tallylight.app.demo.seed import DemoShow, seed
from tallylight.app.demo.timeline import PHOTOS, read_timeline
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.library.queries import claims_in_force
from tallylight.compliance.scripts.queries import script_detail, scripts_of_shop
from tallylight.deals.planner.queries import plans_of_shop, saved_plan
from tallylight.foundation.clock import ManualClock, to_datetime
from tallylight.foundation.ids import DealId, ProductId, VariantId
from tallylight.foundation.settings import Settings
from tallylight.members.redeem_sign_in_link import redeem_sign_in_link
from tallylight.members.stream_keys import verify_stream_key
from tallylight.shows.paid_host import contracts_of_shop
from tallylight.shows.queries import cues_of, products_of, show_by
from tests.conftest import Runner

CLOCK = ManualClock()


def plant(run: Runner, folder: Path) -> DemoShow:
    return run(seed(run.database, Settings(data_dir=folder), CLOCK))


def test_it_plants_a_whole_shop(run: Runner, tmp_path: Path) -> None:
    demo = plant(run, tmp_path)

    async def look() -> None:
        async with run.database.transaction() as connection:
            show = await show_by(connection, demo.show_slug)
            products = await catalogue.products_of_shop(connection, demo.shop_id)
            assert len(products) >= 12
            assert {product.id for product in products} == set(await products_of(connection, show.id))
            for product in products:
                assert [(tmp_path / "products" / photo.url.rpartition("/")[2]).is_file() for photo in product.photos]
                assert all(photo.alt for photo in product.photos)
            cues = await cues_of(connection, show.id)
            assert [cue.label for cue in cues] == [cast.CUES[line.cue or ""][1] for line in read_timeline().cued]
            assert await competitors_of(connection, demo.shop_id) == list(cast.RIVALS)
            serum = next(product for product in products if product.handle == cast.DEAL_PRODUCT)
            held = await claims_in_force(connection, demo.shop_id, [serum.id], "us-en", to_datetime(CLOCK.now_us()))
            assert [claim.wording for claim in held] == [wording for _, wording in cast.CLAIMS]
            owner = demo.staff[0]
            assert await redeem_sign_in_link(connection, owner.sign_in_token, CLOCK) == owner.id

    run(look())


def test_planting_again_continues_and_restocks(run: Runner, tmp_path: Path) -> None:
    first = plant(run, tmp_path)

    async def sell_out_the_tea() -> None:
        async with run.database.transaction() as connection:
            tea = await product(connection, first, "evening-tea")
            await catalogue.set_stock(
                connection, first.shop_id, VariantId(tea.variants[0].id), on_hand=3, at_us=CLOCK.now_us()
            )

    run(sell_out_the_tea())
    second = plant(run, tmp_path)
    assert (second.shop_id, second.show_id) == (first.shop_id, first.show_id)
    assert [person.id for person in second.staff] == [person.id for person in first.staff]

    async def look() -> None:
        async with run.database.transaction() as connection:
            tea = await product(connection, first, "evening-tea")
            assert tea.variants[0].available > cast.STOCK_LOW
            assert len(tea.photos) == 1
            assert len(await cues_of(connection, first.show_id)) == len(read_timeline().cued)
            waiting = [deal for deal in await deals.deals_of_shop(connection, first.shop_id) if deal.state == "agreed"]
            assert len(waiting) == 1

    run(look())


def test_each_loop_gets_a_deal_of_its_own(run: Runner, tmp_path: Path) -> None:
    demo = plant(run, tmp_path)

    async def loops() -> None:
        async with run.database.transaction() as connection:
            serum = await product(connection, demo, cast.DEAL_PRODUCT)
            owner = demo.staff[0].id
            known: set[DealId] = set()
            at_us = CLOCK.now_us()
            for number in range(3):
                deal_id = await prepare_deal(connection, demo.shop_id, ProductId(serum.id), owner, at_us)
                again = await prepare_deal(connection, demo.shop_id, ProductId(serum.id), owner, at_us)
                assert deal_id == again, "a deal that waits is taken before a new one is made"
                assert deal_id not in known
                known.add(deal_id)
                opened = await deals.open_deal(connection, deal_id, at_us)
                assert opened.price is not None
                assert opened.price.minor == cast.DEAL_PRICE_MINOR
                # the second loop is cut short: the third begins while its deal runs
                at_us += read_timeline().duration_us if number == 0 else 40_000_000
                await end_open_deals(connection, demo.shop_id, at_us)

    run(loops())


def test_a_low_shelf_is_filled_up_and_a_full_one_left_alone(run: Runner, tmp_path: Path) -> None:
    demo = plant(run, tmp_path)

    async def look() -> None:
        async with run.database.transaction() as connection:
            shelves = full_shelves()
            assert await restock(connection, demo.shop_id, shelves, CLOCK.now_us()) == 0
            mug = await product(connection, demo, "everyday-mug")
            await catalogue.set_stock(
                connection,
                demo.shop_id,
                VariantId(mug.variants[1].id),
                on_hand=cast.STOCK_LOW - 1,
                at_us=CLOCK.now_us(),
            )
            assert await restock(connection, demo.shop_id, shelves, CLOCK.now_us()) == 1

    run(look())


def test_the_host_enters_with_a_key_that_opens_this_show(run: Runner, tmp_path: Path) -> None:
    import httpx

    demo = plant(run, tmp_path)

    async def enter() -> None:
        stage = Stage(run.database)
        async with httpx.AsyncClient() as client:
            _, stream_key = await stage.enter(client)
        await stage.set_loop(began_anew=True)
        async with run.database.transaction() as connection:
            found = await verify_stream_key(connection, stream_key)
            assert found is not None
            assert found.show_id == demo.show_id
            cue = next(cue for cue in await cues_of(connection, demo.show_id) if cue.kind == "deal")
            assert cue.deal_id is not None
            (deal,) = await deals.deals_by_id(connection, [cue.deal_id])
            assert deal.state == "agreed"
            assert all(funder.accepted for funder in deal.agreement.funders)

    run(enter())


def test_every_product_has_a_picture() -> None:
    handles = {shelf.handle for shelf in full_shelves()}
    assert {picture.stem for picture in PHOTOS.glob("*.webp")} == handles
    assert all(picture.stat().st_size <= 60_000 for picture in PHOTOS.glob("*.webp"))


async def product(connection: AsyncConnection, demo: DemoShow, handle: str) -> catalogue.Product:
    return next(each for each in await catalogue.products_of_shop(connection, demo.shop_id) if each.handle == handle)


def test_there_is_a_back_office_behind_the_show(run: Runner, tmp_path: Path) -> None:
    demo = plant(run, tmp_path)
    plant(run, tmp_path)

    async def look() -> None:
        async with run.database.reading() as connection:
            show = await show_by(connection, demo.show_slug)
            (contract,) = await contracts_of_shop(connection, demo.shop_id)
            assert (contract.payer_name, contract.person_name) == (cast.SHOP_NAME, cast.HOST_NAME)
            (script,) = await scripts_of_shop(connection, demo.shop_id)
            assert (script.state, script.shows) == ("signed", [show.id])
            detail = await script_detail(connection, script.id)
            said = [line for segment in detail.versions[0].segments for line in segment.lines]
            given = [line.text for line in read_timeline().lines if line.kind not in ("violation", "trap")]
            assert said == given
            assert detail.versions[0].checks is not None
            # The flash deal opens when its line comes: its price and its end do not hold before, which compliance saw.
            assert {"R5", "R9"} <= {each.rule for each in detail.versions[0].checks.findings}
            assert any(step.step == "signed" and "opens when its line comes" in step.comment for step in detail.steps)
            (plan,) = await ledger.plans_of_shop(connection, demo.shop_id)
            assert (plan.creator_name, plan.rate_bps) == (cast.HOST_NAME, cast.COMMISSION_BPS)
            (line,) = await plans_of_shop(connection, demo.shop_id)
            saved = await saved_plan(connection, demo.shop_id, line.id)
            assert saved.result.orders.mean > 50
            assert any("platform" in each for each in saved.result.glide)
            assert saved.plan.shows[0].show_id == show.id

    run(look())
