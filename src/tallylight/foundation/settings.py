"""Settings of one installation, read once from the environment (``TALLYLIGHT_*``) and passed down.

Every name is listed in docs/configuration.md with its default.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tallylight.foundation.errors import InvalidInputError

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """The user's data directory (XDG Base Directory specification): ``~/.local/share/tallylight``.

    For root ``/var/lib/tallylight``: PostgreSQL refuses to be root, and no other account can enter root's home.
    """
    if base := environment.get("XDG_DATA_HOME"):
        return Path(base) / "tallylight"
    if os.geteuid() == 0:
        return Path("/var/lib/tallylight")
    return Path(environment.get("HOME", "~")).expanduser() / ".local/share/tallylight"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can turn. Sizes in bytes, times in the unit that ends the name."""

    data_dir: Path
    database_url: str | None = None
    """A PostgreSQL server to use instead of the embedded one: ``postgresql://user:password@host:port/name``."""
    host: str = "127.0.0.1"
    """The address that web, media and RTMP listen on."""
    web_port: int = 8080
    media_port: int = 8081
    """Where viewers fetch playlists and segments."""
    media_processes: int = 1
    """How many media processes share the two ports; a show can be moved from one to another, and each be renewed."""
    media_name: str = "media"
    """This media process' name; the supervisor gives it."""
    rtmp_port: int = 1935
    rtmps_port: int = 0
    """RTMP over TLS with a certificate of our own; 0 for none. Its certificate and key are the two settings below."""
    tls_certificate: Path | None = None
    """A PEM file with the whole chain."""
    tls_key: Path | None = None
    rtmp_proxy_protocol: bool = False
    """A trusted proxy ends TLS before the RTMP port and names its clients by the PROXY protocol."""
    rtmp_public_url: str | None = None
    """What hosts are told to stream to, when that is not the RTMP port: ``rtmps://live.example.com/live``."""
    source_networks: str = ""
    """Private networks, comma-separated, that shows may be pulled from; public addresses always are."""
    source_files_dir: Path | None = None
    """A folder whose files may be a show's source (``file:name.mp4``)."""
    srt_ports: str = ""
    """UDP ports for SRT, one a show: ``20000-20015``; empty for none. Needs FFmpeg with SRT on the machine."""
    ice_servers: str = ""
    """STUN and TURN servers, comma-separated, for browsers behind NAT: ``turn:turn.example.com:3478``."""
    turn_secret: str | None = None
    """The secret that the TURN server shares with us (coturn: ``static-auth-secret``), for passwords that expire."""
    turn_username: str | None = None
    """A TURN user that never changes, with its password, where there is no secret."""
    turn_password: str | None = None
    store_url: str | None = None
    """An S3-compatible store that released segments are pushed to: ``s3://bucket/prefix``."""
    store_endpoint: str | None = None
    """The store's API, when it is not Amazon's: ``https://s3.example.com``."""
    store_region: str = "us-east-1"
    store_access_key: str | None = None
    store_secret_key: str | None = None
    store_public_url: str | None = None
    """Where viewers fetch what is pushed, mostly a CDN: ``https://cdn.example.com/prefix``."""
    desk_host: str = "127.0.0.1"
    """Where a web process that holds a shop's sale desk takes orders from the others; they must all reach it."""
    postgres_port: int = 0
    """Port of the embedded PostgreSQL; 0 picks a free one and remembers it."""
    public_url: str | None = None
    """How the outside world reaches the web process, behind a proxy: ``https://live.example.com``."""
    media_public_url: str | None = None
    """The same for the media port, when a CDN or proxy stands before it."""
    trusted_proxies: str = ""
    """Addresses or networks, comma-separated, whose X-Forwarded-For is believed: ``127.0.0.1,10.0.0.0/8``."""
    speech_model: str = "tiny.en"
    """A faster-whisper model name or a folder that holds one."""
    speech_threads: int = 1
    stripe_secret_key: str | None = None
    """Stripe's secret key (``sk_…``); with it, buyers pay by Stripe."""
    stripe_publishable_key: str | None = None
    """The key for buyers' browsers (``pk_…``); without it nobody can pay by Stripe in the player."""
    stripe_webhook_secret: str | None = None
    """What Stripe signs its webhooks with (``whsec_…``); they go to /api/payments/stripe/webhook."""
    shippo_token: str | None = None
    """Shippo's API token (``shippo_live_…``); with it, shops can take carriers' rates from Shippo."""
    test_payments: bool | None = None
    """Whether the test provider, which takes no money, sells too; by default only when no other provider is set up."""
    test_webhook_secret: str | None = None
    """What the test provider's webhooks are signed with; without it they are refused."""
    smtp_url: str | None = None
    """The mail server for receipts: ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``."""
    mail_from: str = ""
    """The address that receipts come from: ``orders@example.com``."""
    log_level: str = "info"

    @property
    def stripe_in_player(self) -> bool:
        """Whether buyers can pay by Stripe in the player: both keys are there."""
        return bool(self.stripe_secret_key and self.stripe_publishable_key)

    @property
    def run_dir(self) -> Path:
        """Sockets and process state."""
        return self.data_dir / "run"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def photos_dir(self) -> Path:
        """Product pictures that are served under /media/products/."""
        return self.data_dir / "products"

    @property
    def claim_files_dir(self) -> Path:
        """Evidence files of the claims library, each under the SHA-256 of its content."""
        return self.data_dir / "claim-files"

    @property
    def speech_socket(self) -> Path:
        return self.run_dir / "speech.sock"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; InvalidInputError names a variable that does not read as its kind."""
    env = os.environ if environment is None else environment
    values: dict[str, object] = {"data_dir": default_data_dir(env)}
    if env.get("DATABASE_URL"):
        values["database_url"] = env["DATABASE_URL"]
    for field in msgspec.structs.fields(Settings):
        text = env.get(_variable(field.name))
        if text:
            values[field.name] = _read(field, text)
    if str(values.get("log_level", "info")).lower() not in LOG_LEVELS:
        raise InvalidInputError(f"{_variable('log_level')} is one of {', '.join(LOG_LEVELS)}")
    return msgspec.convert(values, Settings)


def _variable(field_name: str) -> str:
    return f"TALLYLIGHT_{field_name.upper()}"


def _read(field: msgspec.structs.FieldInfo, text: str) -> object:
    if field.type in (Path, Path | None):
        return Path(text).expanduser().absolute()
    try:
        return msgspec.convert(text, field.type, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError(f"{_variable(field.name)} is {text!r}: {error}") from error


def settings_environment(settings: Settings) -> dict[str, str]:
    """The environment from which ``read_settings`` reads ``settings`` again: how they reach another process."""
    environment = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if value is not None:
            environment[_variable(field.name)] = str(value)
    return environment
