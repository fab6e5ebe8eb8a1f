"""Short-lived, signed leave to watch the undelayed programme.

A token is ``<payload>.<signature>``: broadcast and expiry, and their HMAC-SHA256 under a key that lives in the data
directory and is readable by its owner only. The web process signs, the media process verifies.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.installation_key import installation_key

LIFETIME_MAX_US = 600 * MICROSECONDS
_PAYLOAD_BYTES = 24


def preview_key(data_dir: Path) -> bytes:
    """The installation's key for previews, made on first use."""
    return installation_key(data_dir, "preview")


def sign_preview(key: bytes, broadcast_id: UUID, now_us: int, lifetime_us: int = LIFETIME_MAX_US) -> str:
    """A token for this broadcast until ``now_us + lifetime_us`` (wall time; at most ten minutes)."""
    if not 0 < lifetime_us <= LIFETIME_MAX_US:
        raise ValueError("a preview token lives at most ten minutes")
    payload = broadcast_id.bytes + (now_us + lifetime_us).to_bytes(8, "big")
    return f"{_encode(payload)}.{_encode(_signature(key, payload))}"


def verify_preview(key: bytes, token: str, now_us: int) -> UUID | None:
    """The broadcast that ``token`` opens; None when it is malformed, forged, expired or lives too long."""
    first, _, second = token.partition(".")
    try:
        payload, signature = _decode(first), _decode(second)
    except ValueError:
        return None
    if not hmac.compare_digest(signature, _signature(key, payload)) or len(payload) != _PAYLOAD_BYTES:
        return None
    left_us = int.from_bytes(payload[16:], "big") - now_us
    return UUID(bytes=payload[:16]) if 0 < left_us <= LIFETIME_MAX_US + MICROSECONDS else None


def _signature(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, b"tallylight preview\0" + payload, sha256)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
