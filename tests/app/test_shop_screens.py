"""A shop's own staff plan shows, invite people and record contracts in Chromium, with no command line."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.models import ROLES, membership
from tallylight.shows.create_show import create_show
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tests.app.test_desk_screens import Person, browser, person
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

__all__ = ["browser"]
pytestmark = pytest.mark.browser

Scheme = Literal["dark", "light"]
LOOKS: tuple[tuple[str, tuple[int, int], Scheme], ...] = (
    ("phone-light", PHONE, "light"), ("phone-dark", PHONE, "dark"),
    ("desktop-light", DESKTOP, "light"), ("desktop-dark", DESKTOP, "dark"),
)  # fmt: skip


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "owner", "producer", "host") as running:
        yield running


def office(web: DeskWeb, room: str) -> str:
    return f"/office/{web.small.shop.slug}{room}"


def seen(page: Page, name: str) -> None:
    assert barriers(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    screenshot(page, name, whole=page.locator("dialog[open]").count() == 0)


def look(browser: Browser, web: DeskWeb, room: str, name: str, *presses: str) -> None:
    """As a phone and a desk show it, by day and in the dark: no barrier, nothing that scrolls sideways."""
    for looks, size, scheme in LOOKS:
        reader = person(browser, web, "owner", size, scheme)
        page = reader.open(office(web, room))
        for testid in presses:
            page.get_by_test_id(testid).first.click()
        seen(page, f"{name}-{looks}")
        assert reader.errors == []
        reader.context.close()


async def no_shows(web: DeskWeb) -> None:
    async with web.database.transaction() as connection:
        for table in ("cue", "show_product", "show"):
            await connection.exec_driver_sql(f"delete from {table}")


async def many_shows(web: DeskWeb, many: int) -> None:
    """One is on air, one was, the rest are planned."""
    async with web.database.transaction() as connection:
        now_us = web.services.clock.now_us()
        for number in range(many):
            made = await create_show(
                connection, shop_id=web.small.shop.id, slug=f"show-{number}", host_name="Mara",
                title=f"Show {number}" if number else "A title that says everything about the evening at once " * 2,
            )  # fmt: skip
            if number < 2:
                on_air = await start_broadcast(connection, made.id, delay_ms=8000, started_us=now_us)
                if number:
                    await end_broadcast(connection, on_air.id, now_us + 60_000_000)


def test_a_producer_plans_a_show_and_changes_it(browser: Browser, web: DeskWeb) -> None:
    web.do(no_shows(web))
    producer: Person = person(browser, web, "producer", PHONE)
    page = producer.open(office(web, "/shows"))
    expect(page.get_by_text("No show yet")).to_be_visible()
    look(browser, web, "/shows", "office-shows-empty")
    page.get_by_test_id("show-open").click()
    page.get_by_test_id("show-title").fill("Été: Friday live!")
    expect(page.get_by_test_id("show-slug")).to_have_value("ete-friday-live")
    expect(page.get_by_test_id("show-host-name")).to_have_value("Host")
    page.get_by_test_id("show-host-name").fill("DJ Ho")
    page.get_by_test_id("show-starts").fill("2099-05-01T19:30")
    page.get_by_test_id("show-delay").fill("31")
    expect(page.get_by_test_id("show-dialog-do")).to_be_disabled()
    page.get_by_test_id("show-delay").fill("12")
    page.get_by_test_id("show-dialog-do").click()
    row = page.get_by_test_id("show-row")
    expect(row).to_contain_text("With DJ Ho")
    expect(row).to_contain_text("United States, English, 12 s delay")
    expect(row.get_by_test_id("show-state")).to_have_text("PLANNED")
    expect(row.get_by_test_id("to-studio")).to_have_attribute("href", "/studio/ete-friday-live")
    expect(row.get_by_test_id("to-control")).to_have_attribute("href", "/control/ete-friday-live")

    page.get_by_test_id("show-change").click()
    expect(page.get_by_test_id("show-starts")).to_have_value("2099-05-01T19:30")
    page.get_by_test_id("show-host").select_option(label="A guest, by name")
    page.get_by_test_id("show-host-name").fill("Joe")
    page.get_by_test_id("show-title").fill("Saturday live")
    expect(page.get_by_test_id("show-slug")).to_have_value("ete-friday-live")
    page.get_by_test_id("show-dialog-do").click()
    expect(row).to_contain_text("Saturday live")
    expect(row).to_contain_text("With Joe")
    row.get_by_test_id("show-shelf").click()
    page.get_by_test_id("shelf-product").check()
    seen(page, "office-show-shelf")
    page.get_by_test_id("shelf-dialog-do").click()
    expect(page.get_by_text("sells one product")).to_be_visible()
    row.get_by_test_id("to-viewer").click()
    expect(page.get_by_text("Saturday live").first).to_be_visible()
    assert producer.errors == []


def test_an_address_that_is_taken_is_said_at_its_field(browser: Browser, web: DeskWeb) -> None:
    producer = person(browser, web, "producer")
    page = producer.open(office(web, "/shows"))
    page.get_by_test_id("show-open").click()
    page.get_by_test_id("show-title").fill("Aurora live")
    page.get_by_test_id("show-dialog-do").click()
    expect(page.get_by_test_id("show-dialog")).to_contain_text("another show lives at aurora-live")
    expect(page.get_by_test_id("show-slug")).to_have_attribute("aria-invalid", "true")
    seen(page, "office-show-taken")


def test_what_is_on_air_is_not_changed_and_many_shows_come_in_pages(browser: Browser, web: DeskWeb) -> None:
    web.do(many_shows(web, 60))
    producer = person(browser, web, "producer")
    page = producer.open(office(web, "/shows"))
    rows = page.get_by_test_id("show-row")
    expect(rows).to_have_count(50)
    expect(rows.first.get_by_test_id("show-state")).to_have_text("ON AIR")
    expect(rows.first.get_by_test_id("show-change")).to_be_disabled()
    page.get_by_test_id("shows-more").click()
    expect(rows).to_have_count(61)
    expect(rows.last.get_by_test_id("show-state")).to_have_text("ENDED")
    rows.last.get_by_test_id("show-change").click()
    for field in ("show-slug", "show-host", "show-host-name", "show-market"):
        expect(page.get_by_test_id(field)).to_be_disabled()
    page.get_by_test_id("show-title").fill("As it was")
    page.get_by_test_id("show-dialog-do").click()
    expect(page.get_by_text("As it was").first).to_be_visible()
    assert producer.errors == []


def test_shows_can_be_read_on_every_screen(browser: Browser, web: DeskWeb) -> None:
    web.do(many_shows(web, 3))
    look(browser, web, "/shows", "office-shows")
    look(browser, web, "/shows", "office-show-dialog", "show-open")


def test_shows_that_do_not_load_are_asked_for_again(browser: Browser, web: DeskWeb) -> None:
    producer = person(browser, web, "producer", PHONE)

    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"error": {"code": "unavailable", "message": "Try again in a moment."}})

    producer.page.route("**/show-choices", fail)
    page = producer.open(office(web, "/shows"))
    expect(page.get_by_text("The shows did not load")).to_be_visible()
    seen(page, "office-shows-failed")
    producer.page.unroute("**/show-choices")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("show-row")).to_have_count(1)


async def crowd(web: DeskWeb, many: int) -> None:
    """So many more people, one of them with a name and an address that are long."""
    async with web.database.transaction() as connection:
        for number in range(many):
            long = number == 0
            made = await create_person(
                connection, email=f"{'very.long.address.' * 3 if long else ''}p{number}@aurora.test",
                name="Wilhelmina Alexandra von und zu Hohenberg-Weißenstein" if long else f"Person {number}",
            )  # fmt: skip
            await grant_roles(connection, web.small.shop.id, made.id, list(ROLES) if long else ["host"])


async def only_owner(web: DeskWeb) -> None:
    async with web.database.transaction() as connection:
        await connection.execute(membership.delete().where(membership.c.role != "owner"))


def test_an_owner_invites_a_host_who_is_removed_again(browser: Browser, web: DeskWeb) -> None:
    web.do(only_owner(web))
    owner = person(browser, web, "owner", PHONE)
    page = owner.open(office(web, "/people"))
    expect(page.get_by_text("You are the only one")).to_be_visible()
    look(browser, web, "/people", "office-people-alone")
    page.get_by_test_id("invite-open").click()
    page.get_by_test_id("invite-email").fill("ann@aurora.test")
    page.get_by_test_id("invite-name").fill("Ann Lee")
    page.get_by_test_id("role-producer").check()
    page.get_by_test_id("invite-dialog-do").click()
    link = page.get_by_test_id("way-in-link").inner_text()
    seen(page, "office-people-link")
    page.get_by_test_id("way-in-done").click()
    row = page.get_by_test_id("person-row").filter(has_text="Ann Lee")
    expect(row.get_by_test_id("person-seen")).to_have_text("Invited, has not signed in yet")
    expect(row.get_by_role("list", name="Roles of Ann Lee")).to_have_text("ProducerHost")

    guest = open_context(browser, PHONE, "dark", touch=True).new_page()
    guest.goto(link)
    guest.get_by_test_id("signin-by-link").click()
    expect(guest.get_by_role("link", name="Office")).to_be_visible()
    guest.goto(f"{web.url}{office(web, '/people')}")
    expect(guest.get_by_text("Not for your role")).to_be_visible()

    page = owner.open(office(web, "/people"))
    expect(row.get_by_test_id("person-seen")).to_contain_text("Last signed in")
    row.get_by_test_id("person-roles").click()
    page.get_by_test_id("role-producer").uncheck()
    page.get_by_test_id("roles-dialog-do").click()
    expect(row.get_by_role("list", name="Roles of Ann Lee")).to_have_text("Host")
    row.get_by_test_id("person-link").click()
    expect(page.get_by_test_id("way-in-link")).to_contain_text("/signin/")
    page.get_by_test_id("way-in-done").click()
    row.get_by_test_id("person-remove").click()
    seen(page, "office-people-remove")
    page.get_by_test_id("remove-dialog-do").click()
    expect(row).to_have_count(0)
    guest.reload()
    expect(guest.get_by_test_id("signin-email")).to_be_visible()
    assert owner.errors == []


def test_an_owner_keeps_their_own_role_and_sees_what_was_refused(browser: Browser, web: DeskWeb) -> None:
    owner = person(browser, web, "owner")
    page = owner.open(office(web, "/people"))
    own = page.get_by_test_id("person-row").filter(has_text="(you)")
    expect(own.get_by_test_id("person-remove")).to_have_count(0)
    own.get_by_test_id("person-roles").click()
    expect(page.get_by_test_id("role-owner")).to_be_disabled()
    expect(page.get_by_test_id("roles-dialog")).to_contain_text("another owner can")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_test_id("invite-open").click()
    page.get_by_test_id("invite-email").fill("host@aurora.test")
    page.get_by_test_id("invite-name").fill("Host")
    page.get_by_test_id("invite-dialog-do").click()
    expect(page.get_by_text("works for this shop already")).to_be_visible()
    expect(page.get_by_test_id("invite-email")).to_have_attribute("aria-invalid", "true")
    seen(page, "office-people-taken")


def test_many_people_can_be_found_on_every_screen(browser: Browser, web: DeskWeb) -> None:
    web.do(crowd(web, 12))
    page = person(browser, web, "owner").open(office(web, "/people"))
    expect(page.get_by_test_id("person-row")).to_have_count(15)
    page.get_by_test_id("people-find").fill("compliance")
    expect(page.get_by_test_id("person-row")).to_have_count(1)
    page.get_by_test_id("people-find").fill("nobody")
    expect(page.get_by_text("Nobody like that")).to_be_visible()
    look(browser, web, "/people", "office-people")
    look(browser, web, "/people", "office-people-invite", "invite-open")


def test_a_contract_names_a_person_of_the_shop(browser: Browser, web: DeskWeb) -> None:
    owner = person(browser, web, "owner", PHONE)
    page = owner.open(office(web, "/creators"))
    page.get_by_test_id("contract-open").click()
    expect(page.get_by_test_id("creator")).to_have_count(0)
    page.get_by_test_id("record").click()
    row = page.get_by_test_id("contract")
    expect(row).to_contain_text("Binds this person")
    page.get_by_test_id("contract-open").click()
    page.get_by_test_id("contract-person").select_option(label="A guest, by name")
    page.get_by_test_id("creator").fill("Joe")
    seen(page, "office-contract-dialog")
    page.get_by_test_id("record").click()
    expect(row).to_have_count(2)
    expect(page.get_by_text("Binds whom shows call “Joe”")).to_be_visible()
    look(browser, web, "/creators", "office-creators")
    assert owner.errors == []
