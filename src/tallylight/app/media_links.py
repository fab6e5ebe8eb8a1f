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
    """Addresses of broadcasts as one caller reaches them."""

    base: str

    def live(self, broadcast_id: BroadcastId, token: str) -> str:
        """The live media playlist; ``token``: the broadcast's stream address."""
        return self.base + live_path(broadcast_id, token)

    def replay(self, broadcast_id: BroadcastId) -> str:
        """What aired, whole."""
        return self.base + replay_path(broadcast_id)

    def preview(self, token: str) -> str:
        """The undelayed programme, for whoever holds this signed token."""
        return self.base + preview_path(token)


def media_links(settings: Settings, host: str) -> MediaLinks:
    """Links for a caller who reached us as ``host``."""
    return MediaLinks((settings.media_public_url or media_origin(settings, host)).rstrip("/"))
