"""Whether the ports that we are to listen on are free, asked before anything is started."""

import errno
import socket

from tallylight.app.processes.errors import StartError
from tallylight.foundation.settings import Settings

_PORTS = {
    "TALLYLIGHT_WEB_PORT": "the web pages",
    "TALLYLIGHT_MEDIA_PORT": "the video",
    "TALLYLIGHT_RTMP_PORT": "the camera's RTMP",
    "TALLYLIGHT_RTMPS_PORT": "the camera's RTMPS",
}


def check_ports(settings: Settings) -> None:
    """StartError naming the first port that cannot be had, and the setting that moves it."""
    taken: dict[int, str] = {}
    for setting in _PORTS:
        port: int = getattr(settings, setting.removeprefix("TALLYLIGHT_").lower())
        if setting == "TALLYLIGHT_RTMPS_PORT" and not port:
            continue  # 0 is no RTMPS
        if not 0 < port < 65_536:
            raise StartError(f"{setting} is {port}: a port is a number from 1 to 65535")
        if port in taken:
            raise StartError(f"{setting} and {taken[port]} are both {port}: give each a port of its own")
        taken[port] = setting
    for port, setting in taken.items():
        if problem := port_problem(settings.host, port):
            purpose = _PORTS[setting]
            raise StartError(
                f"port {port} on {settings.host}, for {purpose}, {problem}, or set {setting} to another port"
            )


def port_problem(host: str, port: int) -> str | None:
    """What keeps us from listening on ``port`` and what to do about it; None when it is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "is in use: stop what uses it"
        if error.errno == errno.EACCES:
            return "needs more rights than ours (ports below 1024 do): run with CAP_NET_BIND_SERVICE"
        return f"cannot be had ({error.strerror or error}): check TALLYLIGHT_HOST"
    return None
