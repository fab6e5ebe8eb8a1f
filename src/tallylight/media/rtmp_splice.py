"""Hands an RTMP connection on to another media process, byte by byte, after its first commands have been answered.

The other process is told all that the encoder has said so far, and answers it again: the same commands get answers of
the same length, so what was already sent to the encoder is left out, and from there on it is one connection. The one
thing in the answers that differs, the handshake's random bytes, no encoder and no server checks.
"""

import asyncio
from typing import Protocol

PIECE_BYTES = 64 << 10
CONNECT_TIMEOUT_S = 3.0


class Ends(Protocol):
    """The encoder's side."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Splice(asyncio.Protocol):
    """``await connect`` gives one that has been told ``said``; ``send`` what the encoder says further."""

    def __init__(self, encoder: Ends, said: bytes, answered: int) -> None:
        self._encoder = encoder
        self._said = said
        self._skip = answered
        self._peer: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, encoder: Ends, said: bytes, answered: int, host: str, port: int) -> "Splice":
        """``answered``: how many bytes the encoder was sent. OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        connecting = loop.create_connection(lambda: cls(encoder, said, answered), host, port)
        _, splice = await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
        return splice

    def send(self, data: bytes) -> None:
        if self._peer is not None and not self._peer.is_closing():
            self._peer.write(data)

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()

    # -- asyncio.Protocol, the other process's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = transport  # type: ignore[assignment] # uvloop's transports have the interface, not the base class
        self.send(self._said)
        self._said = b""

    def data_received(self, data: bytes) -> None:
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if data:
            self._encoder.write(data)

    def pause_writing(self) -> None:
        """The other process reads slowly: so do we, and TCP makes the encoder wait."""
        self._encoder.pause_reading()

    def resume_writing(self) -> None:
        self._encoder.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._encoder.close()
