"""Writes a message from templates: plain text and HTML with the same figures."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tallylight.checkout.exchanges.schemas import ExchangeView
from tallylight.checkout.lost_because import LostBecause
from tallylight.checkout.refunds.schemas import RefundView
from tallylight.deals import Quote
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.money import Money

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥"}


class ReceiptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail about an order says. ``url``: of the buyer's own page; ``refund``: None for the receipt itself.

    ``lost``: why the order could not be filled, another buyer having paid first; ``charged``: whether its money had
    been taken by then, and was sent back. ``exchange``: by which the order was got; ``asks``: its buyer is to pay the
    difference. ``moment_url``: None for what was got in exchange, off the air.
    """

    shop_name: str
    buyer_name: str
    buyer_email: str
    number: str
    placed_us: int
    quote: Quote
    url: str
    moment_url: str | None
    refund: RefundView | None = None
    lost: LostBecause | None = None
    charged: bool = False
    exchange: ExchangeView | None = None
    asks: bool = False


def money_text(amount: Money) -> str:
    """``$19.99``, ``−$4.00``; the code for a currency without a sign of its own."""
    sign = "−" if amount.minor < 0 else ""
    digits = Money(abs(amount.minor), amount.currency).decimal()
    symbol = _SYMBOLS.get(amount.currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {amount.currency}"


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("tallylight.app.mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["money"] = money_text
    made.filters["day"] = lambda us: to_datetime(us).strftime("%-d %B %Y, %H:%M UTC")
    return made


_TEMPLATES = _environment()
_SUBJECTS = {
    "receipt": "Your receipt from {shop}, order {number}",
    "exchange": "Your exchange at {shop}: a difference is to be paid, order {number}",
    "refund": "Your refund from {shop}, order {number}",
    "lost": "We could not fill your order {number}, {shop}",
}


def compose(facts: ReceiptFacts, *, sender: str, message_id: str, now_us: int) -> EmailMessage:
    """The message. ``message_id`` is the same for the same mail, so that who gets it twice can tell."""
    template = "exchange" if facts.asks else "refund" if facts.refund is not None else "receipt"
    template = "lost" if facts.lost is not None else template
    return letter(
        template,
        facts,
        subject=_SUBJECTS[template].format(shop=facts.shop_name, number=facts.number),
        shop_name=facts.shop_name,
        sender=sender,
        to=(facts.buyer_name, facts.buyer_email),
        message_id=message_id,
        now_us=now_us,
    )


def letter(
    template: str,
    facts: object,
    *,
    subject: str,
    shop_name: str,
    sender: str,
    to: tuple[str, str],
    message_id: str,
    now_us: int,
) -> EmailMessage:
    """A mail of the shop, plain and HTML, written by the templates of that name. ``to``: name and address.

    Raises ValueError when the address is none that a header can hold.
    """
    message = EmailMessage()
    message["Subject"] = _one_line(subject)
    message["From"] = Address(display_name=_one_line(shop_name), addr_spec=sender)
    message["To"] = Address(display_name=_one_line(to[0]), addr_spec=to[1])
    message["Date"] = format_datetime(to_datetime(now_us))
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    message.set_content(_TEMPLATES.get_template(f"{template}.txt").render(facts=facts))
    message.add_alternative(_TEMPLATES.get_template(f"{template}.html").render(facts=facts), subtype="html")
    return message


def _one_line(text: str) -> str:
    """A header holds no line break, whatever somebody is called."""
    return " ".join(text.split())
