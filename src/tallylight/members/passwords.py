"""Passwords: argon2id with RFC 9106's second recommended parameters, and the same work for an unknown person."""

import asyncio

import argon2

from tallylight.foundation.errors import InvalidInputError

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 256

_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
# What a wrong or unknown person's password is compared with, so that both take as long.
_NOBODY = _hasher.hash("nobody has this password")
# Each verification takes 64 MiB; a flood of sign-ins must not take all memory.
_turns = asyncio.Semaphore(4)


def check_password_rules(password: str) -> None:
    """InvalidInputError unless the length is within bounds (NIST SP 800-63B: length, no composition rules)."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise InvalidInputError(
            f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters", field="password"
        )


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, computed off the event loop."""
    check_password_rules(password)
    return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one hashed; without a hash, False after the same work."""
    async with _turns:
        return await asyncio.to_thread(_verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return password_hash is not None
