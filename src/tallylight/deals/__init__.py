"""Offers, the price engine, funding agreements and budgets.

Invariants: no deal opens without every funder's acceptance; no budget is overspent; a price explains itself.
"""

from tallylight.deals.accept_funding import accept_funding
from tallylight.deals.agreement_queries import agreements_of_person, agreements_of_shop
from tallylight.deals.codes import CODE_MAX, CodeTakenError, find_code, make_codes
from tallylight.deals.create_agreement import create_agreement
from tallylight.deals.create_deal import create_deal
from tallylight.deals.deal_use import DealUse, deal_uses, fitted_parts, funder_parts, refusal_of
from tallylight.deals.decide_agreement import accept_agreement, decline_agreement, keep_caps, raise_cap
from tallylight.deals.end_deal import end_deal
from tallylight.deals.errors import (
    DealOverlapError,
    DealStateError,
    NotAcceptedError,
    NotFundedError,
    ReferencePriceError,
)
from tallylight.deals.facts import CartLine, DealFact, Facts, FunderFact, VariantFact, VoucherFact
from tallylight.deals.fitting_price import fitting_price
from tallylight.deals.follow_shop import (
    count_follow,
    follow_as_viewer,
    follow_shop,
    follows_as_viewer,
    unfollow_as_viewer,
)
from tallylight.deals.follower_voucher import by_itself, follower_vouchers
from tallylight.deals.gifts import GiftChoice, GiftOffer, Gifts, GiftWishes, with_gifts
from tallylight.deals.ground import Ground, free_ground_of, ground_of, methods_to
from tallylight.deals.next_steps import NextStep, next_steps
from tallylight.deals.open_deal import open_deal
from tallylight.deals.opt_out import opt_out_product
from tallylight.deals.price_engine import deal_at, price, unchanged_around, unit_discount
from tallylight.deals.price_window import FUTURE_US_MAX, GRACE_US, priced_at
from tallylight.deals.queries import (
    changes_of,
    deal_budget,
    deal_view,
    deals_by_id,
    deals_for_viewers,
    deals_of_products,
    deals_of_shop,
    deals_to_end,
    deals_to_open,
    selling_facts,
    shop_of_deal,
)
from tallylight.deals.schedule_deal import schedule_deal, unschedule_deal
from tallylight.deals.schemas import (
    Agreement,
    AgreementView,
    DealBudget,
    DealChange,
    DealView,
    FunderView,
    Quote,
    QuoteLine,
    Reason,
    TaxPart,
)
from tallylight.deals.shipping.types import ShippingChoice
from tallylight.deals.tax.types import Place, place
from tallylight.deals.types import (
    AtCap,
    Audience,
    BundlePart,
    Conditions,
    DealForm,
    DealKind,
    DealState,
    FunderKind,
    GlideStep,
    NewAgreement,
    NewDeal,
    NewFunder,
    RefusalCode,
    Tier,
)

__all__ = [
    "CODE_MAX",
    "FUTURE_US_MAX",
    "GRACE_US",
    "Agreement",
    "AgreementView",
    "AtCap",
    "Audience",
    "BundlePart",
    "CartLine",
    "CodeTakenError",
    "Conditions",
    "DealBudget",
    "DealChange",
    "DealFact",
    "DealForm",
    "DealKind",
    "DealOverlapError",
    "DealState",
    "DealStateError",
    "DealUse",
    "DealView",
    "Facts",
    "FunderFact",
    "FunderKind",
    "FunderView",
    "GiftChoice",
    "GiftOffer",
    "GiftWishes",
    "Gifts",
    "GlideStep",
    "Ground",
    "NewAgreement",
    "NewDeal",
    "NewFunder",
    "NextStep",
    "NotAcceptedError",
    "NotFundedError",
    "Place",
    "Quote",
    "QuoteLine",
    "Reason",
    "ReferencePriceError",
    "RefusalCode",
    "ShippingChoice",
    "TaxPart",
    "Tier",
    "VariantFact",
    "VoucherFact",
    "accept_agreement",
    "accept_funding",
    "agreements_of_person",
    "agreements_of_shop",
    "by_itself",
    "changes_of",
    "count_follow",
    "create_agreement",
    "create_deal",
    "deal_at",
    "deal_budget",
    "deal_uses",
    "deal_view",
    "deals_by_id",
    "deals_for_viewers",
    "deals_of_products",
    "deals_of_shop",
    "deals_to_end",
    "deals_to_open",
    "decline_agreement",
    "end_deal",
    "find_code",
    "fitted_parts",
    "fitting_price",
    "follow_as_viewer",
    "follow_shop",
    "follower_vouchers",
    "follows_as_viewer",
    "free_ground_of",
    "funder_parts",
    "ground_of",
    "keep_caps",
    "make_codes",
    "methods_to",
    "next_steps",
    "open_deal",
    "opt_out_product",
    "place",
    "price",
    "priced_at",
    "raise_cap",
    "refusal_of",
    "schedule_deal",
    "selling_facts",
    "shop_of_deal",
    "unchanged_around",
    "unfollow_as_viewer",
    "unit_discount",
    "unschedule_deal",
    "with_gifts",
]
