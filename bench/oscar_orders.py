"""Orders of one hot SKU by django-oscar's own order creation, in oscar's own environment (``bench.hot_sale_http``).

``python oscar_orders.py DATABASE_PORT DATABASE PROCESSES SECONDS`` prints one line of JSON. Each order goes the way of
oscar's checkout: a basket with a line, the offer applied (20 % off), the total calculated, ``OrderCreator``, all in one
transaction as with ATOMIC_REQUESTS. No HTTP, no template, no session: that is oscar's advantage here.
"""

import json
import multiprocessing
import sys
import time

APPS = {
    "analytics": "Analytics", "checkout": "Checkout", "address": "Address", "shipping": "Shipping",
    "catalogue": "Catalogue", "catalogue.reviews": "CatalogueReviews", "communication": "Communication",
    "partner": "Partner", "basket": "Basket", "payment": "Payment", "offer": "Offer", "order": "Order",
    "customer": "Customer", "search": "Search", "voucher": "Voucher", "wishlists": "Wishlists",
    "dashboard": "Dashboard",
}  # fmt: skip
DASHBOARDS = (
    "reports", "users", "orders", "catalogue", "offers", "partners", "pages", "ranges", "reviews", "vouchers",
    "communications", "shipping",
)  # fmt: skip
DJANGO = ("auth", "contenttypes", "sessions", "messages", "sites", "flatpages")
STOCK = 10_000_000


def set_up(port: str, database: str) -> None:
    """Django with oscar's apps on the benchmark's PostgreSQL."""
    import django
    from django.conf import settings
    from oscar import defaults

    values = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    values |= {
        "SECRET_KEY": "benchmark",
        "DEBUG": False,
        "USE_TZ": True,
        "SITE_ID": 1,
        "ROOT_URLCONF": "bench_urls",
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database,
                "USER": "postgres",
                "HOST": "127.0.0.1",
                "PORT": port,
                "CONN_MAX_AGE": None,
            }
        },
        "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        "INSTALLED_APPS": [
            *(f"django.contrib.{name}" for name in DJANGO),
            "oscar.config.Shop",
            *(f"oscar.apps.{path}.apps.{name}Config" for path, name in APPS.items()),
            *(f"oscar.apps.dashboard.{name}.apps.{name.capitalize()}DashboardConfig" for name in DASHBOARDS),
            "widget_tweaks", "haystack", "treebeard", "django_tables2",
        ],
    }  # fmt: skip
    settings.configure(**values)
    django.setup()


def prepare() -> None:
    """Tables, one product in stock, one offer on everything."""
    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", verbosity=0, interactive=False)
    made = get_model("catalogue", "ProductClass").objects.create(name="one", track_stock=True, requires_shipping=False)
    product = get_model("catalogue", "Product").objects.create(
        upc="hot", title="Hot", product_class=made, structure="standalone"
    )
    partner = get_model("partner", "Partner").objects.create(name="one")
    get_model("partner", "StockRecord").objects.create(
        product=product, partner=partner, partner_sku="hot", price=100, price_currency="USD", num_in_stock=STOCK
    )
    everything = get_model("offer", "Range").objects.create(name="all", includes_all_products=True)
    get_model("offer", "ConditionalOffer").objects.create(
        name="flash",
        condition=get_model("offer", "Condition").objects.create(range=everything, type="Count", value=1),
        benefit=get_model("offer", "Benefit").objects.create(range=everything, type="Percentage", value=20),
    )


def order_once(number: str) -> None:
    """One order, as oscar's checkout makes it."""
    from django.db import transaction
    from oscar.core.loading import get_class, get_model

    with transaction.atomic():
        basket = get_model("basket", "Basket").objects.create()
        basket.strategy = get_class("partner.strategy", "Selector")().strategy()
        product = get_model("catalogue", "Product").objects.get(upc="hot")
        allowed, reason = basket.get_stock_info(product, None).availability.is_purchase_permitted(1)
        if not allowed:
            raise RuntimeError(str(reason))
        basket.add_product(product, 1)
        get_class("offer.applicator", "Applicator")().apply(basket, None, None)
        method = get_class("shipping.methods", "Free")()
        charge = method.calculate(basket)
        total = get_class("checkout.calculators", "OrderTotalCalculator")().calculate(basket, charge)
        get_class("order.utils", "OrderCreator")().place_order(
            basket, total, method, charge, user=None, order_number=number
        )
        basket.submit()


def sell(port: str, database: str, seconds: float, worker: int, told: "multiprocessing.Queue[int]") -> None:
    """Order for ``seconds`` and tell how many."""
    set_up(port, database)
    count = 0
    order_once(f"{worker}-first")
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop:
        order_once(f"{worker}-{count}")
        count += 1
    told.put(count)


def main() -> None:
    port, database, processes, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    set_up(port, database)
    prepare()
    from django.db import connection

    connection.close()
    spawning = multiprocessing.get_context("spawn")
    told = spawning.Queue()
    workers = [
        spawning.Process(target=sell, args=(port, database, seconds, number, told)) for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    orders = sum(told.get() for _ in workers)
    for worker in workers:
        worker.join()
    print(json.dumps({"orders_per_s": orders / seconds}))


if __name__ == "__main__":
    main()
