"""The store that the operator has set up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings

PUT_TIMEOUT_S = 8.0

Put = Callable[[str, bytes, str, str], Awaitable[None]]
"""(path, body, content type, cache control): writes one object. Raises StorePutError."""


class StorePutError(Exception):
    """The store did not take an object; ``str`` is for the control room."""


def open_store(settings: Settings) -> Put | None:
    """How to write to the installation's store; None when it has none. InvalidInputError names what is missing."""
    if settings.store_url is None:
        return None
    parts = urlsplit(settings.store_url)
    if parts.scheme != "s3" or not parts.netloc:
        raise InvalidInputError("TALLYLIGHT_STORE_URL is s3://bucket or s3://bucket/prefix")
    if not settings.store_public_url:
        raise InvalidInputError("TALLYLIGHT_STORE_URL needs TALLYLIGHT_STORE_PUBLIC_URL: where viewers fetch from")
    if not settings.store_access_key or not settings.store_secret_key:
        raise InvalidInputError(
            "TALLYLIGHT_STORE_URL needs TALLYLIGHT_STORE_ACCESS_KEY and TALLYLIGHT_STORE_SECRET_KEY"
        )
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=settings.store_endpoint,
        region=settings.store_region,
        access_key_id=settings.store_access_key,
        secret_access_key=settings.store_secret_key,
        client_options={"allow_http": True, "timeout": timedelta(seconds=PUT_TIMEOUT_S), "user_agent": "Tallylight"},
        # Tries are counted by whoever pushes, who knows what has become stale meanwhile.
        retry_config={"max_retries": 0},
    )

    async def put(path: str, body: bytes, content_type: str, cache: str) -> None:
        attributes: obstore.Attributes = {"Content-Type": content_type, "Cache-Control": cache}
        try:
            async with asyncio.timeout(PUT_TIMEOUT_S):
                await obstore.put_async(store, path, body, attributes=attributes, use_multipart=False)
        except TimeoutError:
            raise StorePutError("The store is too slow.") from None
        except (BaseError, OSError) as error:
            raise StorePutError(_in_words(error)) from None

    return put


def _in_words(error: Exception) -> str:
    text = str(error)
    if "PermissionDenied" in type(error).__name__ or "Unauthenticated" in type(error).__name__:
        return "The store refuses the key."
    if "NotFound" in type(error).__name__ or "NoSuchBucket" in text:
        return "The store has no such bucket."
    return "The store cannot be reached or fails."
