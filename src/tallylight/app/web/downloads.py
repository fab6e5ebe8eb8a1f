"""The headers of what is saved as a file."""


def attachment(name: str) -> dict[str, str]:
    """Saved as ``name`` (ASCII, no quotes), and kept by no cache."""
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
