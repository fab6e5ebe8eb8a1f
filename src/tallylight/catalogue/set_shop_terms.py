"""Sets what a shop charges for shipping and how soon it delivers, and keeps what held before."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import shop_terms, shop_terms_change
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.ids import ShopId

DELIVERY_DAYS_MAX = 365
_NOW_US = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1_000_000, sa.BigInteger)


async def set_shop_terms(
    connection: AsyncConnection,
    shop_id: ShopId,
    *,
    shipping_fee_minor: int,
    free_shipping_over_minor: int | None,
    delivery_days_min: int | None = None,
    at_us: int | None = None,
) -> None:
    """Ship for ``shipping_fee_minor``, and for nothing when the goods (after discount) reach the second figure.

    ``delivery_days_min``: days until the earliest delivery, None when the shop does not say. All of it holds from
    ``at_us`` on, by default from now; the same terms again change nothing. Raises InvalidInputError for a negative or
    absurd figure.
    """
    limits.checked_range(shipping_fee_minor, "shipping fee", limits.PRICE_MINOR_MAX)
    if free_shipping_over_minor is not None:
        limits.checked_range(free_shipping_over_minor, "free shipping limit", limits.PRICE_MINOR_MAX)
    if delivery_days_min is not None:
        limits.checked_range(delivery_days_min, "delivery time", DELIVERY_DAYS_MAX)
    await touch_selling_facts(connection, shop_id)
    terms = {
        "shipping_fee_minor": shipping_fee_minor,
        "free_shipping_over_minor": free_shipping_over_minor,
        "delivery_days_min": delivery_days_min,
    }
    await connection.execute(shop_terms.update().where(shop_terms.c.shop_id == shop_id).values(terms))
    kept = (
        await connection.execute(
            sa.select(*(shop_terms_change.c[name] for name in terms))
            .where(shop_terms_change.c.shop_id == shop_id)
            .order_by(shop_terms_change.c.at_us.desc(), shop_terms_change.c.id.desc())
            .limit(1)
        )
    ).first()
    if kept is None or kept._asdict() != terms:
        await connection.execute(
            shop_terms_change.insert().values(shop_id=shop_id, at_us=_NOW_US if at_us is None else at_us, **terms)
        )
