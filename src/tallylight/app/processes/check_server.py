"""Whether the PostgreSQL server that DATABASE_URL names will do: reachable, ours to use, new enough."""

from urllib.parse import urlsplit

import asyncpg

from tallylight.app.processes.errors import StartError

OLDEST_MAJOR_VERSION = 15
_ANSWERS_WITHIN_S = 10


async def check_server(url: str) -> str:
    """The server's version, like ``15.9``. StartError says what is wrong with DATABASE_URL, never its password."""
    where = _without_secrets(url)
    try:
        connection = await asyncpg.connect(url, timeout=_ANSWERS_WITHIN_S, server_settings={"client_encoding": "UTF8"})
    except (asyncpg.ClientConfigurationError, ValueError) as error:
        raise StartError(
            f"DATABASE_URL does not read as postgresql://user:password@host:port/name ({error})"
        ) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise StartError(
            f"DATABASE_URL: the server at {where} refuses the user name or password: check them in the URL"
        ) from error
    except asyncpg.InvalidCatalogNameError as error:
        raise StartError(
            f"DATABASE_URL: the server at {where} has no database of that name: create it (createdb), or correct it"
        ) from error
    except TimeoutError as error:
        raise StartError(
            f"DATABASE_URL: nothing answered at {where} within {_ANSWERS_WITHIN_S} s: check host and port, "
            "or unset DATABASE_URL to use the embedded database"
        ) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartError(
            f"DATABASE_URL: no PostgreSQL server at {where} ({_short(error)}): start it, correct the URL, "
            "or unset DATABASE_URL to use the embedded database"
        ) from error
    try:
        major = connection.get_server_version().major
        version: str = await connection.fetchval("show server_version")
        encoding = await connection.fetchval("show server_encoding")
        may_create = await connection.fetchval("select has_schema_privilege(current_schema(), 'create')")
    finally:
        await connection.close()
    if major < OLDEST_MAJOR_VERSION:
        raise StartError(
            f"DATABASE_URL: the server at {where} is PostgreSQL {major} and Tallylight needs "
            f"{OLDEST_MAJOR_VERSION} or later: upgrade it, or unset DATABASE_URL to use the embedded database"
        )
    if encoding != "UTF8":
        raise StartError(f"DATABASE_URL: the database at {where} is in {encoding}: create it with encoding UTF8")
    if not may_create:
        raise StartError(f"DATABASE_URL: its user may not create tables at {where}: make it the database's owner")
    return version.split()[0]


def _without_secrets(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'the local socket'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return "that address"


def _short(error: Exception) -> str:
    """The error's first line, without asyncio's list of every address it tried."""
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "connection refused"
    return " ".join(str(error).split())[:160] or type(error).__name__
