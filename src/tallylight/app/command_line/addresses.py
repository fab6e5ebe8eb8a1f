"""Where an installation is found, printed so that it can be clicked, copied and grepped."""

import sys

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from tallylight.app.processes.readiness import url_host
from tallylight.foundation.settings import Settings

Lines = list[tuple[str, str]]


def web_url(settings: Settings) -> str:
    """How a browser reaches the web process, without a slash at the end."""
    return (settings.public_url or f"http://{url_host(settings.host)}:{settings.web_port}").rstrip("/")


def rtmp_url(settings: Settings) -> str:
    """The server to type into OBS."""
    if settings.rtmp_public_url:
        return settings.rtmp_public_url.rstrip("/")
    return f"rtmp://{url_host(settings.host)}:{settings.rtmp_port}/live"


def print_addresses(title: str, lines: Lines, hints: list[str]) -> None:
    """A panel where it fits on a terminal; plain lines otherwise, so that no address is cut."""
    console = Console(highlight=False)
    width = max(len(label) + len(text) for label, text in lines) + 8
    if console.is_terminal and console.width >= width:
        table = Table.grid(padding=(0, 2))
        for label, text in lines:
            table.add_row(f"[bold]{label}[/bold]", f"[cyan]{text}[/cyan]")
        console.print(Panel(table, title=f"[bold red]●[/bold red] {title}", border_style="red", expand=False))
        for hint in hints:
            console.print(f"  {hint}", style="dim")
    else:
        print(title)  # noqa: T201 - the command's answer
        for label, text in lines:
            print(f"  {label:<14} {text}")  # noqa: T201 - the command's answer
        for hint in hints:
            print(f"  {hint}")  # noqa: T201 - the command's answer
    sys.stdout.flush()
