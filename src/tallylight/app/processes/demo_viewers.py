"""The demo's viewers, as a process of its own."""

from tallylight.app.demo.viewers import run

__all__ = ["run"]
