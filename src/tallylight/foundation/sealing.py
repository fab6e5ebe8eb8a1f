"""Secrets that must be read again, such as another platform's stream key: sealed at rest with AES-256-GCM (RFC 5116).

The key lies in the data directory and not in the database: a stolen dump opens nothing. What a secret belongs to is
bound in, so that a sealed value copied to another row does not open there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBrokenError(Exception):
    """Sealed with another key, for something else, or damaged."""


def seal(key: bytes, text: str, belongs_to: str) -> bytes:
    """``text`` sealed for ``belongs_to``: a random nonce, then the ciphertext with its tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), belongs_to.encode())


def unseal(key: bytes, sealed: bytes, belongs_to: str) -> str:
    """The text again; raises SealBrokenError."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], belongs_to.encode()).decode()
    except (InvalidTag, ValueError):
        raise SealBrokenError from None
