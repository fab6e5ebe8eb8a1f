"""Bearer secrets: 256 random bits, shown once, kept only as a hash.

A fast hash is enough for a secret that nobody can guess; slow hashes are for passwords.
"""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A fresh secret, 43 characters of URL-safe base64."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """SHA-256 of the token: what the database keeps and looks up."""
    return hashlib.sha256(token.encode()).digest()
