"""A Stripe to test against: localstripe, in an environment and a process of its own (GPL: never imported)."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.postgres import free_port

VERSION = "1.15.10"
KEY = "sk_test_12345"
_UV = Path(__file__).parents[2] / ".uv/bin/uv"
_START_S = 120


@contextmanager
def local_stripe() -> Iterator[str]:
    """The base URL of a fresh one; it is installed by uv at first use."""
    uv = shutil.which("uv") or str(_UV)
    port = free_port()
    process = subprocess.Popen(
        [uv, "tool", "run", "--from", f"localstripe=={VERSION}", "localstripe", "--port", str(port), "--from-scratch"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"UV_NO_PROGRESS": "1"},
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url)
        yield url
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(f"localstripe did not start: {process.stderr.read().decode()[-2000:]}")
        try:
            httpx.get(f"{url}/v1/customers", auth=(KEY, ""), timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("localstripe did not answer")


def make_card(url: str, number: str = "4242424242424242") -> str:
    """A payment method, as the buyer's browser would make it."""
    card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
    answer = httpx.post(f"{url}/v1/payment_methods", auth=(KEY, ""), data={"type": "card", **card})
    answer.raise_for_status()
    made: str = answer.json()["id"]
    return made
