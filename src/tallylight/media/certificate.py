"""The certificate for RTMPS: read at the start, and again when its file changes, as a renewal leaves it."""

import ssl
from pathlib import Path

import structlog

from tallylight.foundation.errors import InvalidInputError

log = structlog.get_logger()


class Certificate:
    """``context`` for a server. ``refresh`` now and then; new connections get the newest that could be read."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._paths = (certificate, key)
        self._read: tuple[int, ...] = ()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._load()
        except (OSError, ssl.SSLError) as error:
            raise InvalidInputError(
                "RTMPS has no certificate to read: TALLYLIGHT_TLS_CERTIFICATE is a PEM file with the whole chain,"
                f" TALLYLIGHT_TLS_KEY its private key ({type(error).__name__})"
            ) from error

    def refresh(self) -> bool:
        """Whether a new one was read. One that cannot be is left alone until it changes again."""
        try:
            if self._changed() == self._read:
                return False
            self._load()
        except (OSError, ssl.SSLError) as error:
            log.error("the renewed certificate cannot be read; the old one stays", kind=type(error).__name__)
            return False
        log.info("certificate renewed")
        return True

    def _load(self) -> None:
        self._read = self._changed()
        self.context.load_cert_chain(*self._paths)

    def _changed(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in self._paths)
