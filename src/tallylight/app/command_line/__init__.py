"""``tallylight``: serve, try, check and administer an installation from a terminal.

Answers go to standard output, troubles to standard error as one line that says what to do, with exit code 1;
a command typed wrongly exits with 2. Nothing here needs a terminal: piped output is plain lines.
"""

from tallylight.app.command_line.entry import main

__all__ = ["main"]
