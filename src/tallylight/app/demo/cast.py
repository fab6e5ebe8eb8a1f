"""Who and what the demo is about. All of it is invented; ``.example`` is nobody's (RFC 2606)."""

from tallylight.deals.types import NewFunder
from tallylight.members.types import Role
from tallylight.shows.types import CueKind

SHOP_SLUG, SHOP_NAME, SHOP_CURRENCY, SHOP_ACCENT = "quiet-acre", "Quiet Acre", "USD", "#5f7a55"
ON_SALE_BEFORE_US = 60 * 86_400_000_000
"""How long the goods are said to have been on sale: a flash deal needs a list price that was asked in earnest."""
SHIPPING_MINOR, FREE_SHIPPING_OVER_MINOR = 495, 6_000
RIVALS = ("Maple Crown",)

SHOW_SLUG, SHOW_TITLE, HOST_NAME = "slow-morning", "Slow Morning Live", "Joe Calloway"
MARKET = "us-en"
COMMISSION_BPS = 1_000

# name, e-mail, roles; the first is whom the printed sign-in link signs in
STAFF: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("Nora Field", "nora@quietacre.example", ("owner", "producer", "compliance", "finance")),
    ("Theo Park", "theo@quietacre.example", ("producer",)),
    ("Imani Reyes", "imani@quietacre.example", ("compliance",)),
    ("Lena Brandt", "lena@quietacre.example", ("finance",)),
    (HOST_NAME, "joe@quietacre.example", ("host",)),
)
OWNER, PRODUCER, COMPLIANCE, FINANCE, HOST = (email for _, email, _ in STAFF)

# key of the script's cue: kind, label, product
CUES: dict[str, tuple[CueKind, str, str | None]] = {
    "open": ("unpin", "Welcome", None),
    "pin-serum": ("pin", "Rainfall Serum", "rainfall-serum"),
    "deal-serum": ("deal", "Flash deal: Rainfall Serum", "rainfall-serum"),
    "pin-cream": ("pin", "Slow Morning Face Cream", "slow-morning-face-cream"),
    "pin-candle": ("pin", "Cedar & Fig Candle", "cedar-fig-candle"),
    "pin-mug": ("pin", "Everyday Mug", "everyday-mug"),
    "pin-tea": ("pin", "Evening Tea", "evening-tea"),
    "close": ("note", "Goodbye", None),
}

SIGNED_WITH = (
    "The flash deal opens when its line comes, so its price and its end hold by then. The last line speaks of no rival."
)

# What the plan expects in carts: pieces by product, and how often beside the others
PLANNED_BASKETS: tuple[tuple[tuple[tuple[str, int], ...], int], ...] = (
    ((("rainfall-serum", 1),), 6),
    ((("rainfall-serum", 2),), 2),
    ((("slow-morning-face-cream", 1),), 3),
    ((("cedar-fig-candle", 1),), 3),
    ((("everyday-mug", 1), ("evening-tea", 1)), 2),
)
COST_PERCENT = 38
"""What a piece costs the shop, of its price."""

# product, wording as compliance signed it off, market us-en
CLAIMS = (("rainfall-serum", "clinically proven to hydrate skin for twenty four hours"),)

DEAL_PRODUCT, DEAL_TITLE, DEAL_PRICE_MINOR = "rainfall-serum", "Morning flash deal", 1_999
DEAL_PIECES, DEAL_PIECES_A_BUYER = 60, 2
# 12.01 off a piece: the budgets carry 39 pieces, so that a loop can spend them
FUNDERS = (
    NewFunder(party="brand", name=SHOP_NAME, share_bps=5_000, budget_minor=24_000),
    NewFunder(party="platform", name="Tallylight", share_bps=3_000, budget_minor=14_400),
    NewFunder(party="creator", name=HOST_NAME, share_bps=2_000, budget_minor=9_600),
)

# What each loop gives to whoever is quick: so many buyers, one order each
FIRST_PRODUCT, FIRST_TITLE = "linen-tea-towels", "First twenty"
FIRST_BUYERS, FIRST_SECONDS = 20, 140
FIRST_FUNDERS = (
    NewFunder(party="brand", name=SHOP_NAME, share_bps=7_000, budget_minor=20_000),
    NewFunder(party="platform", name="Tallylight", share_bps=3_000, budget_minor=8_000),
)

STOCK_LOW = 150
"""Below this a product is filled up between loops, and simulated viewers leave it alone: the host says that more
than a hundred are in stock, and that must stay true."""
