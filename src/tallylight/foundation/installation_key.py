"""Keys of this installation, in files that only their owner can read: ``<data>/secrets/<name>.key``."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def installation_key(data_dir: Path, name: str) -> bytes:
    """The key of this name, 256 random bits, made on first use; safe when several processes ask at once."""
    path = data_dir / "secrets" / f"{name}.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # Atomic, and fails if another process was first.
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
