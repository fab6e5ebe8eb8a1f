"""Whether a deal's terms make sense: each form has its own figures and conditions, and no others. Pure."""

import msgspec

from tallylight.deals.priority import CODE_FORMS, PRICE_FORMS
from tallylight.deals.types import Conditions, DealForm, DealKind, NewDeal
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import BASIS_POINTS

FUNDERS_MAX = 8
DURATION_S_MIN = 10
DURATION_S_MAX = 366 * 86_400
PIECES_MAX = 1_000_000
SET_PIECES_MAX = 20
PRODUCTS_MAX = 500
TIERS_MAX = 10
GIFTS_MAX = 10
BUDGET_MINOR_MAX = 1_000_000_000_000
TEXT_MAX = 80

_KINDS: dict[DealForm, tuple[DealKind, ...]] = {
    "gift": ("percentage",),
    "threshold": ("percentage", "amount"),
    "voucher": ("percentage", "amount"),
    "creator_code": ("percentage", "amount"),
    "free_shipping": ("percentage", "amount"),
}
"""What a form's figure may be; a form that is not named may have any."""

_CONDITIONS: dict[DealForm, tuple[str, ...]] = {
    "bundle": ("parts",),
    "buy_get": ("buy", "get"),
    "tiers": ("tiers",),
    "gift": ("gift_variant_id",),
    "threshold": ("min_minor",),
    "creator_code": ("creator_name",),
}
"""The conditions that a form has to have."""

_ALLOWED: dict[DealForm, tuple[str, ...]] = {
    **{form: (*_CONDITIONS.get(form, ()), "exclusive") for form in ("bundle", "buy_get", "tiers")},
    "gift": ("gift_variant_id", "gift_choices", "min_minor"),
    "threshold": ("min_minor", "exclusive"),
    "voucher": ("min_minor", "max_minor", "exclusive", "audience", "offered"),
    "creator_code": ("min_minor", "max_minor", "exclusive", "audience", "offered", "creator_name"),
    "free_shipping": ("min_minor",),
}


def check_terms(new: NewDeal) -> None:
    """Raises InvalidInputError naming the first term that makes no sense."""
    figures = {"price": new.price_minor, "percentage": new.percentage_bps, "amount": new.amount_minor}
    if [kind for kind, figure in figures.items() if figure is not None] != [new.kind]:
        raise InvalidInputError(f"a deal of the kind {new.kind} has that figure and no other", field="kind")
    if new.kind not in _KINDS.get(new.form, (new.kind,)):
        raise InvalidInputError(f"a deal of the form {new.form} cannot be of the kind {new.kind}", field="kind")
    checks = (
        ("price_minor", new.price_minor, 0, BUDGET_MINOR_MAX),
        ("percentage_bps", new.percentage_bps, 1, BASIS_POINTS),
        ("amount_minor", new.amount_minor, 1, BUDGET_MINOR_MAX),
        ("duration_s", new.duration_s, DURATION_S_MIN, DURATION_S_MAX),
        ("total_limit", new.total_limit, 1, PIECES_MAX),
        ("per_buyer_limit", new.per_buyer_limit, 1, PIECES_MAX),
    )
    for name, value, least, most in checks:
        if value is not None and not least <= value <= most:
            raise InvalidInputError(f"{name} is {value}; it must be {least} to {most}", field=name)
    check_text("title", new.title)
    _check_range(new)
    _check_conditions(new)
    if (new.agreement_id is None) == (not new.funders):
        raise InvalidInputError("a deal names its funders, or the agreement that funds it", field="funders")


def check_text(field: str, text: str) -> None:
    """Raises InvalidInputError unless ``text`` has 1 to TEXT_MAX characters."""
    if not 1 <= len(text.strip()) <= TEXT_MAX:
        raise InvalidInputError(f"{field} must have 1 to {TEXT_MAX} characters", field=field)


def _check_range(new: NewDeal) -> None:
    """What the deal is for, and what its limits count."""
    if new.product_id is not None and new.product_ids:
        raise InvalidInputError("name one product or several, not both", field="product_ids")
    if len(new.product_ids) > PRODUCTS_MAX or len(set(new.product_ids)) < len(new.product_ids):
        raise InvalidInputError(f"a deal is for at most {PRODUCTS_MAX} products, each named once", field="product_ids")
    if new.form in ("creator_live", "live_flash", "flash") and new.product_id is None and not new.product_ids:
        raise InvalidInputError(f"a deal of the form {new.form} names its products", field="product_id")
    if new.form == "bundle" and (new.product_id is not None or new.product_ids):
        raise InvalidInputError("a bundle's products are its parts", field="product_ids")
    if new.form not in PRICE_FORMS and new.counts != "orders":
        raise InvalidInputError(f"the limits of a deal of the form {new.form} count orders", field="counts")
    if not new.announces and (new.form not in PRICE_FORMS or new.kind != "price"):
        message = "a deal that compares with no former price states the piece's price, not what is off"
        raise InvalidInputError(message, field="announces")
    if new.code is not None and new.form not in CODE_FORMS:
        raise InvalidInputError("only a voucher or a creator's code has a code", field="code")


def _check_conditions(new: NewDeal) -> None:
    conditions = new.conditions
    given = {name for name in Conditions.__struct_fields__ if getattr(conditions, name) != getattr(_DEFAULTS, name)}
    strange = given - set(_ALLOWED.get(new.form, ()))
    if strange:
        name = min(strange)
        raise InvalidInputError(f"a deal of the form {new.form} has no {name}", field=name)
    missing = [name for name in _CONDITIONS.get(new.form, ()) if name not in given]
    if missing:
        raise InvalidInputError(f"a deal of the form {new.form} needs {missing[0]}", field=missing[0])
    for name, value, least, most in (
        ("min_minor", conditions.min_minor, 0, BUDGET_MINOR_MAX),
        ("max_minor", conditions.max_minor, 1, BUDGET_MINOR_MAX),
        ("buy", conditions.buy, 0, SET_PIECES_MAX),
        ("get", conditions.get, 0, SET_PIECES_MAX),
        *(("tiers", tier.quantity, 2, PIECES_MAX) for tier in conditions.tiers),
        *(("tiers", tier.figure, 1, _FIGURES_MAX[new.kind]) for tier in conditions.tiers),
        *(("parts", part.quantity, 1, SET_PIECES_MAX) for part in conditions.parts),
    ):
        if value is not None and not least <= value <= most:
            raise InvalidInputError(f"{name} is {value}; it must be {least} to {most}", field=name)
    if len(conditions.tiers) > TIERS_MAX or len({tier.quantity for tier in conditions.tiers}) < len(conditions.tiers):
        raise InvalidInputError(f"there are at most {TIERS_MAX} tiers, each from another quantity on", field="tiers")
    parts = conditions.parts
    if parts and len({part.product_id for part in parts}) < len(parts):
        raise InvalidInputError("a bundle names each product once, with its quantity", field="parts")
    if parts and not 2 <= sum(part.quantity for part in parts) <= SET_PIECES_MAX:
        raise InvalidInputError(f"a bundle has 2 to {SET_PIECES_MAX} pieces", field="parts")
    if len(conditions.gifts) > GIFTS_MAX or len(set(conditions.gifts)) < len(conditions.gifts):
        raise InvalidInputError(f"there are at most {GIFTS_MAX} gifts to choose from, each once", field="gift_choices")
    if conditions.offered and new.code is None:
        raise InvalidInputError("a code that viewers are offered is one that everybody may know", field="code")
    if conditions.creator_name is not None:
        check_text("creator_name", conditions.creator_name)


_DEFAULTS = Conditions()
_FIGURES_MAX: dict[DealKind, int] = {
    "price": BUDGET_MINOR_MAX,
    "percentage": BASIS_POINTS,
    "amount": BUDGET_MINOR_MAX,
}


def conditions_json(conditions: Conditions) -> dict[str, object]:
    """As the database keeps them."""
    made: dict[str, object] = msgspec.to_builtins(conditions)
    return made
