"""An event loop whose clock leaps to the next timer when nothing else is to be done: ten seconds pass at once."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Real sockets, virtual time. Sockets on this machine answer within ``_PATIENCE_S`` of real time."""

    _PATIENCE_S = 0.05

    def __init__(self) -> None:
        self._leapt_s = 0.0
        super().__init__(_LeapingSelector(self))

    def time(self) -> float:
        return super().time() + self._leapt_s

    def leap(self, seconds: float) -> None:
        self._leapt_s += seconds


class _LeapingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= VirtualTimeLoop._PATIENCE_S:
            return super().select(timeout)
        ready = super().select(VirtualTimeLoop._PATIENCE_S)
        if not ready:
            self._loop.leap(timeout - VirtualTimeLoop._PATIENCE_S)
        return ready


def run_virtually(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run on a loop of its own in virtual time."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
