"""One running demo for all end-to-end tests: started once, watched from its first second."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.aired import AiredCollector
from tests.support.installation import installation_folder
from tests.support.stack import RunningDemo
from tests.support.waiting import wait_until

ON_AIR_S_MAX = 60
"""What we promise: a show that can be seen and heard within a minute of the addresses."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The staff's tests come last: what a person clears or covers there would be missed or found in what aired."""
    items.sort(key=lambda item: item.path.name == "test_staff.py")


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    """``tallylight demo`` on a fresh data directory."""
    with installation_folder() as folder:
        running = RunningDemo(folder)
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="session")
def public(demo: RunningDemo) -> Iterator[httpx.Client]:
    """The public API, as anyone on the web reaches it."""
    with httpx.Client(base_url=demo.web_url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def live_show(public: httpx.Client) -> dict[str, Any]:
    """The demo's show once it is on air (a ShowView)."""

    views: list[dict[str, Any]] = []

    def on_air() -> bool:
        for show in public.get("/api/shows").json()["shows"]:
            view = public.get(f"/api/shows/{show['slug']}").json()
            if view["broadcast"] and view["broadcast"]["ended_us"] is None:
                views.append(view)
        return bool(views)

    wait_until(on_air, what="the demo's show is on air", within_s=ON_AIR_S_MAX)
    return views[0]


@pytest.fixture(scope="session", autouse=True)
def aired(live_show: dict[str, Any]) -> Iterator[AiredCollector]:
    """Everything that airs from the beginning on, while other tests look on: a loop takes minutes."""
    collector = AiredCollector(live_show["broadcast"]["hls_url"].replace("live.m3u8", "plain.m3u8"))
    yield collector
    collector.stop()
