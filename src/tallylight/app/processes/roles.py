"""The roles of an installation and when each is ready."""

import sys

from tallylight.app.processes import readiness
from tallylight.app.processes.child import Role
from tallylight.foundation.settings import Settings

# Demo first, so that no viewer sees the end as a fault; then the camera's side, so that the recogniser's end is
# not recorded as a stretch that nobody judged; then everything that serves people.
_STOP_DEMO, _STOP_MEDIA, _STOP_REST = range(3)
_SPARE_AFTER_S = 5.0


def product_roles(settings: Settings) -> list[Role]:
    """Web, media, speech and jobs."""
    return [
        Role(
            "web",
            role_command("web"),
            readiness.answers_http(settings.host, settings.web_port, "/healthz"),
            stop_rank=_STOP_REST,
        ),
        Role(
            "media",
            role_command("media"),
            readiness.listens(settings.host, settings.media_port, settings.rtmp_port),
            stop_rank=_STOP_MEDIA,
            spare_after_s=_SPARE_AFTER_S,
        ),
        Role("speech", role_command("speech"), readiness.listens_on_socket(settings.speech_socket), _STOP_REST),
        Role("jobs", role_command("jobs"), readiness.always(), stop_rank=_STOP_REST),
    ]


def demo_roles() -> list[Role]:
    """The host who goes live over RTMP, and a few viewers."""
    return [
        Role(name, role_command(name), readiness.always(), stop_rank=_STOP_DEMO, stop_within_s=5.0)
        for name in ("demo-host", "demo-viewers")
    ]


def role_command(role: str) -> tuple[str, ...]:
    """How a role's process is started: this Python, this code."""
    return (sys.executable, "-m", "tallylight.app.processes", role)
