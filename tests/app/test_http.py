"""The HTTP edge: sign-in, CSRF, roles, limits, headers, bad input."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallylight.app.services import Services
from tallylight.app.web.office_endpoints import PRODUCTS_A_PAGE
from tallylight.foundation.clock import ManualClock
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.types import Role
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, SmallShop, small_shop
from tests.support.web import client_of, services_on

CHAT = {"name": "Ana", "text": "hello", "at_us": 1, "viewer_id": "viewer-0001"}


class Web:
    """One client on the application, its shop and its clock."""

    def __init__(self, client: httpx.AsyncClient, small: SmallShop, clock: ManualClock, services: Services) -> None:
        self.client, self.small, self.clock, self.services = client, small, clock, services

    async def sign_in(self, role: Role) -> dict[str, str]:
        """The header that changes need; the client keeps the cookie."""
        answer = await self.client.post(
            "/api/session", json={"email": f"{role}@{self.small.shop.slug}.test", "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        return {"X-CSRF-Token": answer.json()["csrf_token"]}


Story = Callable[[Web], Awaitable[None]]


def tell(run: Runner, story: Story, *roles: Role, address: str = "203.0.113.7", **more: object) -> None:
    async def whole() -> None:
        clock = ManualClock()
        services = services_on(run.database, clock, **more)
        small = await small_shop(run.database, *roles)
        async with client_of(services, address) as client:
            await story(Web(client, small, clock, services))

    run(whole())


def refusal(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert error["message"]
    return answer.status_code, error["code"]


def test_signing_in_sets_a_careful_cookie_and_out_ends_it(run: Runner) -> None:
    async def story(web: Web) -> None:
        answer = await web.client.post("/api/session", json={"email": "producer@aurora.test", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("tallylight_session=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" in cookie
        me = (await web.client.get("/api/me", headers={"cookie": cookie.partition(";")[0]})).json()
        assert me["person"]["email"] == "producer@aurora.test"
        assert me["memberships"][0]["shop"]["slug"] == "aurora"
        assert me["memberships"][0]["roles"] == ["producer"]
        headers = {"cookie": cookie.partition(";")[0]}
        assert refusal(await web.client.delete("/api/session", headers=headers)) == (403, "csrf")
        headers["X-CSRF-Token"] = me["csrf_token"]
        assert (await web.client.delete("/api/session", headers=headers)).status_code == 204
        assert refusal(await web.client.get("/api/me", headers=headers)) == (401, "unauthenticated")

    tell(run, story, "producer", public_url="https://live.example.com")


def test_a_one_time_link_signs_in_and_then_explains_itself(run: Runner) -> None:
    async def story(web: Web) -> None:
        async with run.database.transaction() as connection:
            owner = web.small.people["owner"].id
            token = await issue_sign_in_link(connection, owner, timedelta(hours=1), web.clock)
        for _ in range(3):  # a mail scanner, a preview in a chat, then the person
            looked = await web.client.get(f"/signin/{token}")
            assert (looked.status_code, "set-cookie" in looked.headers) == (200, False)
        assert refusal(await web.client.post(f"/signin/{token}"))[0] in (404, 405)
        form = await web.client.post("/api/session/link", data={"token": token})
        assert refusal(form) == (415, "wrong_content_type"), "another site's form signs nobody in"
        first = await web.client.post("/api/session/link", json={"token": token})
        assert (first.status_code, first.json()["person"]["name"]) == (200, "Owner")
        assert "HttpOnly" in first.headers["set-cookie"]
        assert (await web.client.get("/api/me")).json()["person"]["name"] == "Owner"
        second = await web.client.post("/api/session/link", json={"token": token})
        assert refusal(second) == (401, "link_spent")

    tell(run, story, "owner")


def test_wrong_passwords_are_counted_by_address_and_by_person(run: Runner) -> None:
    async def story(web: Web) -> None:
        attempt = {"email": "owner@aurora.test", "password": "wrong"}
        for _ in range(10):
            assert refusal(await web.client.post("/api/session", json=attempt)) == (401, "wrong_password")
        limited = await web.client.post("/api/session", json=attempt)
        assert refusal(limited) == (429, "too_many_requests")
        assert int(limited.headers["retry-after"]) == limited.json()["error"]["fields"]["retry_after_s"] > 0
        async with client_of(web.services, "198.51.100.1") as elsewhere:
            assert refusal(await elsewhere.post("/api/session", json=attempt)) == (429, "too_many_requests")
        web.clock.advance(60_000_000)
        await web.sign_in("owner")

    tell(run, story, "owner")


def test_chat_reaches_the_next_viewer_and_obeys_its_limits(run: Runner) -> None:
    async def story(web: Web) -> None:
        url = f"/api/shows/{web.small.show.id}/chat"
        for number in range(5):
            answer = await web.client.post(url, json=CHAT | {"text": f"hello {number}"})
            assert answer.status_code == 200, answer.text
        assert refusal(await web.client.post(url, json=CHAT | {"text": "hello 4"})) == (409, "duplicate_message")
        assert refusal(await web.client.post(url, json=CHAT)) == (429, "too_many_requests")
        other = CHAT | {"viewer_id": "viewer-0002", "name": "Bo\u202eb"}
        assert (await web.client.post(url, json=other)).json()["name"] == "Bob"
        web.clock.advance(2_000_000)
        late = (await web.client.post(url, json=CHAT | {"at_us": 2**53})).json()
        assert late["at_us"] == web.clock.now_us()
        view = (await web.client.get("/api/shows/aurora-live")).json()
        assert [line["text"] for line in view["chat"]] == [*(f"hello {n}" for n in range(5)), "hello", "hello"]

    tell(run, story)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 41),
        ("text", "\u200b"),
        ("text", "x" * 301),
        ("text", None),
        ("at_us", "soon"),
        ("at_us", -1),
        ("at_us", 10**30),
        ("viewer_id", "short"),
    ],
)
def test_a_wrong_chat_field_is_named(run: Runner, field: str, value: object) -> None:
    async def story(web: Web) -> None:
        answer = await web.client.post(f"/api/shows/{web.small.show.id}/chat", json=CHAT | {field: value})
        assert refusal(answer) == (422, "invalid_input")
        assert answer.json()["error"]["fields"] == {"field": field}

    tell(run, story)


def test_bodies_of_the_wrong_kind_or_size_are_refused(run: Runner) -> None:
    async def story(web: Web) -> None:
        url = f"/api/shows/{web.small.show.id}/chat"
        form = await web.client.post(url, data={"name": "Ana"})
        assert refusal(form) == (415, "wrong_content_type")
        json_type = {"content-type": "application/json"}
        assert refusal(await web.client.post(url, content=b"{", headers=json_type)) == (422, "invalid_input")
        assert refusal(await web.client.post(url, content=b"", headers=json_type))[0] == 422
        large = await web.client.post(url, content=b'{"name": "' + b"x" * 70_000, headers=json_type)
        assert refusal(large) == (413, "body_too_large")
        assert refusal(await web.client.get("/api/nothing")) == (404, "not_found")
        assert refusal(await web.client.put(url, json={})) == (405, "method_not_allowed")
        assert refusal(await web.client.get("/api/shows/not-there")) == (404, "not_found")
        assert refusal(await web.client.post(f"/api/shows/{uuid4()}/chat", json=CHAT)) == (404, "not_found")

    tell(run, story)


def test_every_answer_carries_the_security_headers(run: Runner) -> None:
    async def story(web: Web) -> None:
        for path in ("/api/shows", "/api/nothing", "/watch/aurora-live", "/control", "/assets/none.js"):
            headers = (await web.client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "connect-src 'self' http://shop.test:8081" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert ("frame-ancestors *" in policy) == path.startswith("/watch/")
            assert ("x-frame-options" in headers) != path.startswith("/watch/")
        assert (await web.client.get("/api/shows")).headers["cache-control"] == "no-store"
        odd = await web.client.get("/api/shows", headers={"host": "x'; script-src *"})
        assert refusal(odd) == (400, "bad_host")

    tell(run, story)


def test_metrics_are_for_this_machine_only(run: Runner) -> None:
    async def story(web: Web) -> None:
        assert refusal(await web.client.get("/metrics")) == (404, "not_found")
        async with client_of(web.services, "127.0.0.1") as local:
            assert b"tallylight_http_answers_total" in (await local.get("/metrics")).content
            forwarded = await local.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
            assert forwarded.status_code == 404
        assert (await web.client.get("/healthz")).json()["status"] == "ok"

    tell(run, story)


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(run: Runner) -> None:
    async def attempts(web: Web, forwarded: list[str]) -> list[int]:
        answers = []
        for address in forwarded:
            body = {"email": f"{uuid4()}@aurora.test", "password": "wrong"}
            headers = {"X-Forwarded-For": f"1.2.3.4, {address}"}
            answers.append((await web.client.post("/api/session", json=body, headers=headers)).status_code)
        return answers

    async def believed(web: Web) -> None:
        assert set(await attempts(web, [f"198.51.100.{n}" for n in range(12)])) == {401}
        assert (await attempts(web, ["198.51.100.99"] * 11))[-1] == 429

    tell(run, believed, address="10.1.2.3", trusted_proxies="10.0.0.0/8")


def test_a_stranger_cannot_choose_their_address(run: Runner) -> None:
    async def story(web: Web) -> None:
        statuses = []
        for number in range(11):
            body = {"email": f"{uuid4()}@aurora.test", "password": "wrong"}
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            statuses.append((await web.client.post("/api/session", json=body, headers=headers)).status_code)
        assert statuses == [401] * 10 + [429]

    tell(run, story)


def test_the_office_lists_products_page_by_page(run: Runner) -> None:
    async def story(web: Web) -> None:
        url = f"/api/office/shops/{web.small.shop.id}/products"
        assert refusal(await web.client.get(url))[0] == 401
        csrf = await web.sign_in("producer")
        assert (await web.client.get(url)).json() == {"products": [], "next": None}
        rows = "".join(f"mug-{n:03},Mug {n},9.50\n" for n in range(PRODUCTS_A_PAGE + 1))
        content = b"Handle,Title,Variant Price\n" + rows.encode()
        await web.client.post(f"{url}/import", content=content, headers=csrf | {"content-type": "text/csv"})
        await web.sign_in("finance")
        first = (await web.client.get(url)).json()
        second = (await web.client.get(url, params={"after": first["next"]})).json()
        handles = [one["handle"] for one in first["products"] + second["products"]]
        assert len(first["products"]) == PRODUCTS_A_PAGE
        assert handles == [f"mug-{n:03}" for n in range(PRODUCTS_A_PAGE + 1)]
        assert second["next"] is None
        other = await small_shop(run.database, slug="borealis")
        assert refusal(await web.client.get(f"/api/office/shops/{other.shop.id}/products"))[0] == 404

    tell(run, story, "producer", "finance")


def test_office_needs_the_role_and_the_shop(run: Runner) -> None:
    async def story(web: Web) -> None:
        shop = web.small.shop.id
        other = await small_shop(run.database, slug="borealis")
        csrf = await web.sign_in("finance")
        assert (await web.client.get(f"/api/office/shops/{shop}/statements")).status_code == 200
        assert refusal(await web.client.get(f"/api/office/shops/{other.shop.id}/statements"))[0] == 404
        url = f"/api/office/shops/{shop}/products/import"
        csv = {"content": b"Handle,Title,Variant Price\nmug,Mug,9.50\n", "headers": csrf | {"content-type": "text/csv"}}
        assert refusal(await web.client.post(url, **csv)) == (403, "forbidden")  # type: ignore[arg-type]
        csrf = await web.sign_in("producer")
        assert refusal(await web.client.get(f"/api/office/shops/{shop}/statements")) == (403, "forbidden")
        bare = {"content": csv["content"], "headers": {"content-type": "text/csv"}}
        assert refusal(await web.client.post(url, **bare)) == (403, "csrf")  # type: ignore[arg-type]
        csv["headers"] = csrf | {"content-type": "text/csv"}
        answer = await web.client.post(url, **csv)  # type: ignore[arg-type]
        assert answer.json() == {"imported": 1, "updated": 0, "skipped_rows": []}
        await web.sign_in("finance")
        for query, field in (("from=yesterday", "from"), ("to=9999999", "to"), ("from=2026-05-02&to=2026-05-01", "to")):
            wrong = await web.client.get(f"/api/office/shops/{shop}/statements?{query}")
            assert refusal(wrong) == (422, "invalid_input")
            assert wrong.json()["error"]["fields"] == {"field": field}

    tell(run, story, "finance", "producer")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = st.sampled_from(["name", "text", "at_us", "viewer_id", "count", "email", "password"])


def test_no_public_post_breaks_whatever_it_is_sent(run: Runner) -> None:
    async def story(web: Web) -> None:
        show = web.small.show.id
        urls = [f"/api/shows/{show}/chat", f"/api/shows/{show}/reactions", "/api/session"]

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(url=st.sampled_from(urls), body=st.dictionaries(_FIELDS, _JSON, max_size=7) | _JSON, raw=st.booleans())
        def post(url: str, body: object, raw: bool) -> None:
            bodies.append((url, body, raw))

        bodies: list[tuple[str, object, bool]] = []
        post()
        for url, body, raw in bodies:
            web.clock.advance(20_000_000)
            merged = {**CHAT, "count": 1, **body} if isinstance(body, dict) and not raw else body
            answer = await web.client.post(url, json=merged)
            assert answer.status_code < 500, (url, merged, answer.text)

    tell(run, story)
