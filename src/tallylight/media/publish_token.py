"""A short-lived, signed leave to put one show on air from a browser, where a stream key would outlive the page.

``<payload>.<signature>``: show and expiry, and their HMAC-SHA256 under the installation's key. It opens a session;
a session that is open goes on when the token has expired.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.installation_key import installation_key

LIFETIME_US = 120 * MICROSECONDS
_PAYLOAD_BYTES = 24
_PURPOSE = b"tallylight publish\0"


def publish_key(data_dir: Path) -> bytes:
    """The installation's key for this, made on first use."""
    return installation_key(data_dir, "publish")


def sign_publish(key: bytes, show_id: UUID, now_us: int) -> str:
    """A token for this show until ``now_us`` + LIFETIME_US (wall time)."""
    payload = show_id.bytes + (now_us + LIFETIME_US).to_bytes(8, "big")
    signature = hmac.digest(key, _PURPOSE + payload, sha256)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (payload, signature))


def verify_publish(key: bytes, token: str, now_us: int) -> UUID | None:
    """The show that ``token`` puts on air; None when it is malformed, forged or expired."""
    first, _, second = token.partition(".")
    try:
        payload, signature = (
            urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4)) for part in (first, second)
        )
    except ValueError:
        return None
    expected = hmac.digest(key, _PURPOSE + payload, sha256)
    if not hmac.compare_digest(signature, expected) or len(payload) != _PAYLOAD_BYTES:
        return None
    left_us = int.from_bytes(payload[16:], "big") - now_us
    return UUID(bytes=payload[:16]) if 0 < left_us <= LIFETIME_US + MICROSECONDS else None
