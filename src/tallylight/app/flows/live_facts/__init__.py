"""Live facts from the shop itself: what the words of a host are compared with, at the programme time of the words.

Invariant: every fact is that of the words' own moment, read from histories (prices, terms, stock, pins), whenever it is
asked for. What may be meant in more than one way is given in every way: when in doubt, all that fit.
"""

from tallylight.app.flows.live_facts.meant import NAME_SIMILARITY_PERCENT
from tallylight.app.flows.live_facts.product_facts import product_facts
from tallylight.app.flows.live_facts.shop_facts import ShopFacts

__all__ = ["NAME_SIMILARITY_PERCENT", "ShopFacts", "product_facts"]
