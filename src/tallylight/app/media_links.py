"""Where a browser finds us: the web process's own address and addresses on the media origin."""

from urllib.parse import urlsplit

import msgspec

from tallylight.foundation.ids import BroadcastId
from tallylight.foundation.settings import Settings
from tallylight.media.stream_address import live_path, preview_path, replay_path


def public_url(settings: Settings, host: str) -> str:
    """How a caller with this Host header reaches the web process, without a slash at the end."""
    return (settings.public_url or f"http://{host}").rstrip("/")


def media_origin(settings: Settings, host: str) -> str:
    """Scheme, host and port that serve playlists and segments, for a caller with this Host header."""
    if settings.media_public_url:
        parts = urlsplit(settings.media_public_url)
        return f"{parts.scheme}://{parts.netloc}"
    return f"http://{host_name(host)}:{settings.media_port}"


def host_name(host: str) -> str:
    """A Host header without its port; IPv6 addresses keep their brackets."""
    return host if host.endswith("]") or ":" not in host else host.rsplit(":", 1)[0]


class MediaLinks(msgspec.Struct, frozen=True):
    """Addresses of broadcasts as one caller reaches them. ``store``: where live viewers are sent instead."""

    base: str
    store: str | None = None

    def live(self, broadcast_id: BroadcastId, token: str) -> str:
        """The live media playlist; ``token``: the broadcast's stream address."""
        return (self.store or self.base) + live_path(broadcast_id, token)

    def replay(self, broadcast_id: BroadcastId, *, stored: bool = False) -> str:
        """What aired, whole; ``stored``: it is in the store."""
        return (self.store if stored and self.store else self.base) + replay_path(broadcast_id)

    def preview(self, token: str) -> str:
        """The undelayed programme, for whoever holds this signed token."""
        return self.base + preview_path(token)


def media_links(settings: Settings, host: str) -> MediaLinks:
    """Links for a caller who reached us as ``host``."""
    base = (settings.media_public_url or media_origin(settings, host)).rstrip("/")
    stored = settings.store_public_url if settings.store_url else None
    return MediaLinks(base, stored.rstrip("/") if stored else None)


def store_origin(settings: Settings) -> str:
    """Scheme, host and port of the viewers' store; empty when there is none."""
    if not settings.store_url or not settings.store_public_url:
        return ""
    parts = urlsplit(settings.store_public_url)
    return f"{parts.scheme}://{parts.netloc}"
