"""The roles of an installation and when each is ready."""

import sys

from tallylight.app.processes import readiness
from tallylight.app.processes.child import Role
from tallylight.app.processes.errors import StartError
from tallylight.app.processes.open_rtmp import port_file, shares_ports
from tallylight.foundation.settings import Settings

# Demo first, so that no viewer sees the end as a fault; then the camera's side, so that the recogniser's end is
# not recorded as a stretch that nobody judged; then everything that serves people.
_STOP_DEMO, _STOP_MEDIA, _STOP_REST = range(3)
_SPARE_AFTER_S = 5.0
MEDIA_PROCESSES_MAX = 8


def product_roles(settings: Settings) -> list[Role]:
    """Web, media, speech and jobs."""
    if not 1 <= settings.media_processes <= MEDIA_PROCESSES_MAX:
        raise StartError(f"TALLYLIGHT_MEDIA_PROCESSES is a number from 1 to {MEDIA_PROCESSES_MAX}")
    return [
        Role(
            "web",
            role_command("web"),
            readiness.answers_http(settings.host, settings.web_port, "/healthz"),
            stop_rank=_STOP_REST,
        ),
        *(_media_role(settings, number) for number in range(1, settings.media_processes + 1)),
        Role("speech", role_command("speech"), readiness.listens_on_socket(settings.speech_socket), _STOP_REST),
        Role("jobs", role_command("jobs"), readiness.always(), stop_rank=_STOP_REST),
    ]


def _media_role(settings: Settings, number: int) -> Role:
    name = "media" if number == 1 else f"media-{number}"
    # Where several share the ports, any of them answers there: each is asked at its own.
    ready = (
        readiness.listens_where_written(port_file(settings, name))
        if shares_ports(settings)
        else readiness.listens(settings.host, settings.media_port, settings.rtmp_port)
    )
    return Role(
        name,
        role_command("media"),
        ready,
        stop_rank=_STOP_MEDIA,
        spare_after_s=_SPARE_AFTER_S,
        environment={"TALLYLIGHT_MEDIA_NAME": name},
    )


def demo_roles() -> list[Role]:
    """The host who goes live over RTMP, and a few viewers."""
    return [
        Role(name, role_command(name), readiness.always(), stop_rank=_STOP_DEMO, stop_within_s=5.0)
        for name in ("demo-host", "demo-viewers")
    ]


def role_command(role: str) -> tuple[str, ...]:
    """How a role's process is started: this Python, this code."""
    return (sys.executable, "-m", "tallylight.app.processes", role)
