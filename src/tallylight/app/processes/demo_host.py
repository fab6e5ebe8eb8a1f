"""The demo's host, as a process of its own."""

from tallylight.app.demo.host import run

__all__ = ["run"]
