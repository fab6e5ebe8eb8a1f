"""The jobs that write to buyers, to funders who are asked, and to people who are to sign in.

Without TALLYLIGHT_SMTP_URL nobody is written to, and nothing is kept to be sent.
"""

from functools import partial

import procrastinate

from tallylight.app.mail.cap_questions import note_questions, send_questions
from tallylight.app.mail.receipts import note_due, send_due
from tallylight.app.mail.shopper_links import send_links
from tallylight.app.mail.smtp import send, smtp_server
from tallylight.app.mail.staff_links import send_staff_links
from tallylight.app.processes.periodic import Job, add_periodic
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings


class MailChores:
    """Notes what is due and sends it. May run twice or late."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        if settings.smtp_url is None:
            raise InvalidInputError("TALLYLIGHT_SMTP_URL is not set")
        if not settings.mail_from:
            raise InvalidInputError("TALLYLIGHT_MAIL_FROM is the address that receipts come from; set it too")
        self._database = database
        self._clock = clock
        self._send = partial(send, smtp_server(settings.smtp_url))
        self._sender = settings.mail_from
        self._base_url = (settings.public_url or f"http://{settings.host}:{settings.web_port}").rstrip("/")

    async def write(self) -> int:
        """How many mails were sent."""
        now_us = self._clock.now_us()
        await note_due(self._database, now_us=now_us)
        return await send_due(self._database, self._send, sender=self._sender, base_url=self._base_url, now_us=now_us)

    async def write_links(self) -> int:
        """How many shoppers were sent the link that they wait for."""
        return await send_links(
            self._database, self._send, sender=self._sender, base_url=self._base_url, clock=self._clock
        )

    async def write_staff_links(self) -> int:
        """How many of the shops' people were sent a link that signs them in."""
        return await send_staff_links(
            self._database, self._send, sender=self._sender, base_url=self._base_url, clock=self._clock
        )

    async def write_questions(self) -> int:
        """How many people were written to that a cap of theirs makes a deal stand still."""
        now_us = self._clock.now_us()
        await note_questions(self._database, now_us=now_us)
        return await send_questions(
            self._database, self._send, sender=self._sender, base_url=self._base_url, now_us=now_us
        )


def add_mail_jobs(app: procrastinate.App, chores: MailChores) -> None:
    """Put the chores on the queue's calendar."""
    add_periodic(app, Job("write_to_buyers", "* * * * * */10", chores.write, "mails were sent", "mails"))
    add_periodic(
        app, Job("write_to_funders", "* * * * * */20", chores.write_questions, "questions at caps were sent", "mails")
    )
    # People stand and wait for these.
    add_periodic(app, Job("write_links", "* * * * * */2", chores.write_links, "sign-in links were sent", "mails"))
    add_periodic(
        app, Job("write_to_staff", "* * * * * */5", chores.write_staff_links, "people were sent a link", "mails")
    )
