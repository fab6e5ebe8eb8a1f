"""Products, variants, photos, prices with their history, stock, importers.

Invariants: stock never goes below zero (the database refuses it); every price change is kept with its time.
"""

from tallylight.catalogue.available_pieces import available_pieces
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.first_paid import is_first_paid, set_first_paid
from tallylight.catalogue.import_shopify_csv import import_shopify_csv
from tallylight.catalogue.queries import (
    LowestPrice,
    ShopTerms,
    lowest_prices,
    product_view,
    products_by_id,
    products_of_shop,
    shop_of_product,
    terms_at,
    terms_of_shop,
)
from tallylight.catalogue.record_price import PriceRecord, record_prices
from tallylight.catalogue.replace_photos import replace_photos
from tallylight.catalogue.schemas import ImportReport, Photo, Product, SkippedRow, Variant
from tallylight.catalogue.selling_facts import FACTS_NOTIFY_CHANNEL, touch_selling_facts
from tallylight.catalogue.set_price import set_price
from tallylight.catalogue.set_shop_terms import set_shop_terms
from tallylight.catalogue.set_stock import set_stock
from tallylight.catalogue.set_tax_class import set_tax_class
from tallylight.catalogue.shop_currency import shop_currency
from tallylight.catalogue.types import NewPhoto, NewProduct, NewVariant

__all__ = [
    "FACTS_NOTIFY_CHANNEL",
    "ImportReport",
    "LowestPrice",
    "NewPhoto",
    "NewProduct",
    "NewVariant",
    "Photo",
    "PriceRecord",
    "Product",
    "ShopTerms",
    "SkippedRow",
    "Variant",
    "available_pieces",
    "create_product",
    "import_shopify_csv",
    "is_first_paid",
    "lowest_prices",
    "product_view",
    "products_by_id",
    "products_of_shop",
    "record_prices",
    "replace_photos",
    "set_first_paid",
    "set_price",
    "set_shop_terms",
    "set_stock",
    "set_tax_class",
    "shop_currency",
    "shop_of_product",
    "terms_at",
    "terms_of_shop",
    "touch_selling_facts",
]
