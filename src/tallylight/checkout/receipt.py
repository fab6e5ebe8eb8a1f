"""Secrets of an order that are derived, not kept.

The receipt token is made from the client's random key and the order's id: the same request gets the same token
again after any restart, while the database holds only hashes of the key and of the token. Nobody who reads the
database can open a receipt.
"""

import base64
import hashlib
from uuid import UUID


def key_hash(key: UUID) -> bytes:
    """What the database keeps of an idempotency key."""
    return hashlib.sha256(b"tallylight idempotency key" + key.bytes).digest()


def receipt_token(key: UUID, order_id: UUID) -> str:
    """The 256-bit token that opens the receipt of the order that ``key`` made."""
    digest = hashlib.sha256(b"tallylight receipt" + key.bytes + order_id.bytes).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def receipt_hash(token: str) -> bytes:
    """What the database keeps of a receipt token."""
    return hashlib.sha256(token.encode()).digest()


def buyer_hash(shop_id: UUID, email: str) -> bytes:
    """A guest as a limit per buyer sees them: the shop and the normalised e-mail address."""
    return hashlib.sha256(shop_id.bytes + email.strip().casefold().encode()).digest()
