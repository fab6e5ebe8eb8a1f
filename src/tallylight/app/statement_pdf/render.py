"""A closed statement as PDF, by typst: the same statement gives the same bytes."""

import json
from datetime import datetime
from importlib import resources

import typst

from tallylight.foundation.money import Money
from tallylight.ledger.closed_statements.read import ClosedStatement

SECTIONS = {
    "balance": "Balance",
    "revenue": "Revenue",
    "fees": "Fees",
    "adjustments": "Adjustments",
    "reserve": "Reserve",
    "reference": "For reference, not part of the payable",
}
STATES = {
    "to_pay": "To be paid",
    "paid": "Paid",
    "owed": "Owed by the party",
    "collected": "Paid by the party",
    "carried": "Carried forward",
    "settled": "Even",
}


def statement_pdf(found: ClosedStatement, *, shop_name: str) -> bytes:
    """The PDF's bytes. Takes a fraction of a second: call it from a thread."""
    data = json.dumps(statement_words(found, shop_name=shop_name), ensure_ascii=False)
    fonts = resources.files("tallylight.compliance.report") / "fonts"
    with (
        resources.as_file(resources.files("tallylight.app.statement_pdf")) as folder,
        resources.as_file(fonts) as font_folder,
    ):
        made: bytes = typst.compile(
            str(folder / "statement.typ"),
            font_paths=[str(font_folder)],
            format="pdf",
            sys_inputs={"data": data},
            timestamp=int(datetime.fromisoformat(found.closed.closed_at).timestamp()),
        )
    return made


def statement_words(found: ClosedStatement, *, shop_name: str) -> dict[str, object]:
    """Everything that the document says, as words."""
    closed, statement = found.closed, found.statement
    return {
        "shop": shop_name,
        "party": closed.party.name,
        "kind": closed.party.kind.capitalize(),
        "number": str(closed.number),
        # A first statement takes everything from the beginning.
        "from": "the beginning" if closed.from_.startswith("1970") else _moment(closed.from_),
        "to": _moment(closed.to),
        "closed": _moment(closed.closed_at),
        "state": STATES[closed.state],
        "payable": amount_words(closed.payable),
        "owes": closed.payable.minor < 0,
        "items": f"{found.items:,}",
        "id": str(closed.id),
        "sections": [
            {
                "title": title,
                "reference": section == "reference",
                "lines": [
                    {
                        "label": line.label,
                        "definition": line.definition,
                        "orders": f"{line.orders:,}" if line.orders else "",
                        "amount": amount_words(line.amount),
                    }
                    for line in statement.lines
                    if line.section == section
                ],
            }
            for section, title in SECTIONS.items()
            if any(line.section == section for line in statement.lines)
        ],
    }


def amount_words(money: Money) -> str:
    """``1,234.50 USD`` with a true minus."""
    whole, point, rest = money.decimal().removeprefix("-").partition(".")
    sign = "\u2212" if money.minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{rest} {money.currency}"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
