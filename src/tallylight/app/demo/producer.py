"""The demo's producer: fires each cue when the host comes to its line, through the staff API as any client would."""

import asyncio
import time

import httpx
import structlog

from tallylight.app.demo.timeline import Timeline
from tallylight.foundation.ids import CueId, ShowId

ATTEMPTS = 5
RETRY_S = 0.4
TIMEOUT_S = 5.0

_log = structlog.get_logger()


class SignedOutError(Exception):
    """The producer's session is over."""


class Producer:
    """Signed in with a session's token. ``cues``: the show's cue ids by the script's keys."""

    def __init__(self, client: httpx.AsyncClient, session_token: str, show_id: ShowId, cues: dict[str, CueId]) -> None:
        self._client = client
        self._cookie = {"cookie": f"tallylight_session={session_token}"}
        self._csrf: str | None = None
        self._show_id = show_id
        self._cues = cues

    async def follow(self, timeline: Timeline, loop_began_s: float) -> None:
        """Fire the loop's cues at their times. ``loop_began_s``: ``time.monotonic()`` of its first sample."""
        for line in timeline.cued:
            assert line.cue is not None
            assert line.cue_ms is not None
            wait_s = loop_began_s + line.cue_ms / 1000 - time.monotonic()
            if wait_s < -1:
                continue  # too late to be at the right frame; the next one will be
            await asyncio.sleep(max(0.0, wait_s))
            await self.fire(line.cue)

    async def fire(self, key: str) -> bool:
        """Fire the cue, trying again for about two seconds while the server is away; False when it would not.

        Raises SignedOutError.
        """
        if key not in self._cues:
            return False  # someone took it out of the run of show
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(RETRY_S)
            try:
                answer = await self._client.post(
                    f"/api/control/shows/{self._show_id}/cues/{self._cues[key]}/fire",
                    headers=self._cookie | {"x-csrf-token": await self._token()},
                    timeout=TIMEOUT_S,
                )
            except httpx.HTTPError:
                continue
            if answer.is_success:
                return True
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise SignedOutError
            if answer.status_code < 500:
                _log.warning("a cue was refused", cue=key, status=answer.status_code)
                return False
        _log.warning("a cue could not be fired", cue=key)
        return False

    async def _token(self) -> str:
        if self._csrf is None:
            answer = await self._client.get("/api/me", headers=self._cookie, timeout=TIMEOUT_S)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                raise SignedOutError
            answer.raise_for_status()
            self._csrf = str(answer.json()["csrf_token"])
        return self._csrf
