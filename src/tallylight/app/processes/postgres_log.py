"""The embedded PostgreSQL's own log file, and why it did not start."""

from pathlib import Path

_ROTATE_BYTES = 10 << 20
_PASSING = (
    # A killed postmaster that nobody has reaped yet, or a backend that has not noticed its end.
    "lock file",
    "pre-existing shared memory",
    # Somebody took the port between our look and its start.
    "could not bind",
    "could not create any TCP/IP sockets",
)


class PostgresLog:
    """Appended to by the server; one older generation is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open_for_start(self) -> int:
        """Rotate when large; the length now, from which ``reason_since`` reads."""
        if self.path.exists() and self.path.stat().st_size > _ROTATE_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))
        self.path.touch(mode=0o600)
        return self.path.stat().st_size

    def reason_since(self, mark: int) -> str:
        """The server's last fatal words after ``mark``, else its last lines."""
        with self.path.open("rb") as file:
            file.seek(mark)
            lines = file.read(1 << 20).decode(errors="replace").splitlines()
        fatal = [line.split(": ", 1)[1].strip() for line in lines if "FATAL: " in line or "PANIC: " in line]
        kept = [line for line in lines if "could not" in line] if fatal else lines[-3:]
        return " ".join(dict.fromkeys([*kept, *fatal])) or "it ended without a word"

    @staticmethod
    def will_pass(reason: str) -> bool:
        """Whether trying again soon can help."""
        return any(words in reason for words in _PASSING)
