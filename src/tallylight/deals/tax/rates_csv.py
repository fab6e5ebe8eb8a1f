"""Tax rates as CSV: a row a rate, percentages as decimals, dates as days (UTC) of which the last is not included.

Comes with the standard rates of the EU's members, the United Kingdom and some states of the USA.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from importlib import resources

from tallylight.deals.tax.check import RATES_MAX
from tallylight.deals.tax.types import STANDARD, TaxRate
from tallylight.foundation.clock import from_datetime, to_datetime
from tallylight.foundation.errors import InvalidInputError

COLUMNS = (
    "authority", "name", "country", "region", "postal_prefix", "class", "layer", "percent", "on_shipping", "from",
    "until", "source",
)  # fmt: skip
SHIPPED = ("eu", "gb", "us")
"""The sets that come with the product."""
_REQUIRED = ("authority", "name", "country", "percent")
_YES = {"yes": True, "no": False, "": True}


def shipped_rates(name: str) -> list[TaxRate]:
    """One of the sets that come with the product. They are facts of a day: see their sources. InvalidInputError."""
    if name not in SHIPPED:
        raise InvalidInputError(f"there is no such set of rates; choose one of {', '.join(SHIPPED)}", field="set")
    return rates_from_csv(resources.files("tallylight.deals.tax").joinpath("rates", f"{name}.csv").read_text("utf-8"))


def rates_from_csv(text: str) -> list[TaxRate]:
    """The rates of a file. Raises InvalidInputError naming the row and column that is wrong."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise InvalidInputError(f"the file has no column {missing[0]}", field="rates")
        rates: list[TaxRate] = []
        for row in reader:
            if len(rates) >= RATES_MAX:
                raise InvalidInputError(f"a shop has at most {RATES_MAX} rates", field="rates")
            rates.append(_rate({name: (value or "").strip() for name, value in row.items() if name}, reader.line_num))
    except csv.Error as error:
        raise InvalidInputError(f"this is no CSV: {error}", field="rates") from error
    return rates


def rates_to_csv(rates: Sequence[TaxRate]) -> str:
    """The file that ``rates_from_csv`` reads back as the same rates."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rate in rates:
        writer.writerow(
            (
                rate.authority, rate.name, rate.country, rate.region, rate.postal_prefix, rate.tax_class, rate.layer,
                _percent(rate.rate_ppm), "yes" if rate.on_shipping else "no", _day(rate.from_us), _day(rate.until_us),
                rate.source,
            )
        )  # fmt: skip
    return out.getvalue()


def _rate(row: dict[str, str], line: int) -> TaxRate:
    layer, on_shipping = row.get("layer", "") or "1", row.get("on_shipping", "").lower()
    if not layer.isascii() or not layer.isdigit() or len(layer) > 2:
        raise InvalidInputError(f"row {line}: {layer} is no layer; write 1 to 9", field="layer")
    if on_shipping not in _YES:
        raise InvalidInputError(f"row {line}: on_shipping is yes or no", field="on_shipping")
    country, region = row["country"].upper(), row.get("region", "").upper()
    return TaxRate(
        authority=row["authority"],
        name=row["name"],
        country=country,
        region=region.removeprefix(f"{country}-"),
        postal_prefix="".join(row.get("postal_prefix", "").upper().split()),
        tax_class=row.get("class", "") or STANDARD,
        layer=int(layer),
        rate_ppm=_ppm(row["percent"], line),
        on_shipping=_YES[on_shipping],
        from_us=_moment(row.get("from", ""), line),
        until_us=_moment(row.get("until", ""), line),
        source=row.get("source", ""),
    )


def _ppm(text: str, line: int) -> int:
    try:
        scaled = Decimal(text).scaleb(4)
    except InvalidOperation:
        scaled = Decimal("NaN")
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or not 0 <= scaled <= 1_000_000:
        raise InvalidInputError(f"row {line}: {text} is no percentage; write it like 19 or 8.875", field="percent")
    return int(scaled)


def _percent(rate_ppm: int) -> str:
    whole, rest = divmod(rate_ppm, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


def _moment(text: str, line: int) -> int | None:
    if not text:
        return None
    try:
        return from_datetime(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        raise InvalidInputError(f"row {line}: {text} is no day; write it like 2025-07-01", field="from") from None


def _day(moment_us: int | None) -> str:
    return "" if moment_us is None else to_datetime(moment_us).strftime("%Y-%m-%d")
