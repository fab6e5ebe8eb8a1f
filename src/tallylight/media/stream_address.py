"""Where a broadcast is fetched: the one place that knows the media origin's URLs."""

import secrets
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.settings import Settings
from tallylight.media.models import recording, stream_address

_TOKEN_BYTES = 24


def live_path(broadcast_id: UUID, token: str) -> str:
    """The low-latency playlist."""
    return f"/hls/{broadcast_id}/{token}/live.m3u8"


def plain_path(broadcast_id: UUID, token: str) -> str:
    """The same show for players without low-latency HLS."""
    return f"/hls/{broadcast_id}/{token}/plain.m3u8"


def replay_path(broadcast_id: UUID) -> str:
    """The recording of what aired, once the broadcast has ended."""
    return f"/replay/{broadcast_id}/replay.m3u8"


def preview_path(preview_token: str) -> str:
    """The undelayed programme for staff; ``preview_token`` from ``preview_token.sign_preview``."""
    return f"/preview/{preview_token}/live.m3u8"


def media_base_url(settings: Settings) -> str:
    """Scheme, host and port of the media origin as viewers reach it, without a slash at the end."""
    if settings.media_public_url:
        return settings.media_public_url.rstrip("/")
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
    return f"http://{host}:{settings.media_port}"


def new_stream_token() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


async def keep_stream_token(connection: AsyncConnection, broadcast_id: UUID, token: str) -> None:
    await connection.execute(stream_address.insert().values(broadcast_id=broadcast_id, token=token))


async def stream_address_of(connection: AsyncConnection, broadcast_id: UUID) -> str | None:
    """The token of a broadcast, for ``live_path`` and ``plain_path``; None when there is none."""
    token: str | None = (
        await connection.execute(
            stream_address.select()
            .with_only_columns(stream_address.c.token)
            .where(stream_address.c.broadcast_id == broadcast_id)
        )
    ).scalar_one_or_none()
    return token


async def is_stored(connection: AsyncConnection, broadcast_id: UUID) -> bool:
    """Whether the replay is in the viewers' store too."""
    asked = recording.select().with_only_columns(recording.c.stored)
    return bool(
        await connection.scalar(asked.where(recording.c.broadcast_id == broadcast_id, recording.c.kind == "aired"))
    )


async def has_replay(connection: AsyncConnection, broadcast_id: UUID) -> bool:
    """Whether the recording of what aired can be played."""
    state = (
        await connection.execute(
            recording.select()
            .with_only_columns(recording.c.state)
            .where(recording.c.broadcast_id == broadcast_id, recording.c.kind == "aired")
        )
    ).scalar_one_or_none()
    return state in ("complete", "incomplete")
