"""Opens the ports that cameras publish to: RTMP, and RTMPS when there is a certificate."""

import asyncio
from pathlib import Path

from tallylight.app.trusted_networks import trusted_networks
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings
from tallylight.media.certificate import Certificate
from tallylight.media.rtmp_server import RtmpServer

REFRESH_S = 60


def certificate_of(settings: Settings) -> Certificate | None:
    """The certificate for RTMPS, None without RTMPS. InvalidInputError when it is missing or cannot be read."""
    if not settings.rtmps_port:
        return None
    if settings.tls_certificate is None or settings.tls_key is None:
        raise InvalidInputError("TALLYLIGHT_RTMPS_PORT needs TALLYLIGHT_TLS_CERTIFICATE and TALLYLIGHT_TLS_KEY")
    return Certificate(settings.tls_certificate, settings.tls_key)


async def open_rtmp(server: RtmpServer, settings: Settings, certificate: Certificate | None) -> None:
    """Raises OSError when a port cannot be had."""
    proxies = trusted_networks(settings.trusted_proxies) if settings.rtmp_proxy_protocol else ()
    await server.start(settings.host, settings.rtmp_port, proxies=proxies, shared=shares_ports(settings))
    if certificate is not None:
        await server.start(settings.host, settings.rtmps_port, tls=certificate.context, shared=shares_ports(settings))


def shares_ports(settings: Settings) -> bool:
    """Whether other media processes listen on the same ports (SO_REUSEPORT); whoever arrives is sent on as needed."""
    return settings.media_processes > 1


def port_file(settings: Settings, name: str) -> Path:
    """Where a media process writes the port that is its own, when it is ready."""
    return settings.run_dir / f"{name}.port"


async def keep_fresh(certificate: Certificate | None) -> None:
    """Take a renewed certificate within a minute."""
    while certificate is not None:
        await asyncio.sleep(REFRESH_S)
        await asyncio.to_thread(certificate.refresh)
