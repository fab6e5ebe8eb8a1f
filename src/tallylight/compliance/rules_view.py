"""A market's rules as people read them, with what a shop changed."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.change_shop_rules import shop_rule_log
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.pack import MARKETS, PackData, load_pack_data
from tallylight.compliance.shop_rules import (
    Level,
    LoggedChange,
    SetLevel,
    SetRule,
    ShopRules,
    gravest,
    in_force,
    with_shop_rules,
)
from tallylight.foundation.errors import InvalidInputError

CHANGES_SHOWN = 100


class Market(msgspec.Struct, frozen=True):
    """A market that has a pack."""

    id: str
    name: str


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule. ``severity``: the gravest that the market has for it; ``level``: what is in force in this shop."""

    id: str
    title: str
    severity: Level
    level: Level
    citation: str
    say_instead: str
    own: bool
    phrases: list[str]
    change: LoggedChange | None


class RulesView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a shop sees about its rules in one market; ``changes`` newest first."""

    market: str
    markets: list[Market]
    rules: list[RuleLine]
    absent: dict[str, str]
    word_classes: list[str]
    words: list[LoggedChange]
    rivals: list[str]
    changes: list[LoggedChange]


async def rules_view(connection: AsyncConnection, shop_id: UUID, market: str) -> RulesView:
    """The shop's rules in ``market``. InvalidInputError for a market without a pack."""
    if market not in MARKETS:
        raise InvalidInputError(f"there is no market {market!r}: there are {', '.join(MARKETS)}", field="market")
    data = load_pack_data(market)
    log = await shop_rule_log(connection, shop_id, market)
    rules = in_force(log)
    return RulesView(
        market=market,
        markets=[Market(each, load_pack_data(each).name) for each in MARKETS],
        rules=[*_market_rules(data, rules), *_own_rules(rules.rules)],
        absent=data.absent,
        word_classes=sorted(data.lexicon),
        words=list(rules.words),
        rivals=await competitors_of(connection, shop_id),
        changes=list(reversed(log[-CHANGES_SHOWN:])),
    )


def _market_rules(data: PackData, rules: ShopRules) -> list[RuleLine]:
    held = {rule.id: gravest(rule) for rule in with_shop_rules(data, rules).rules}
    changes = {each.change.rule: each for each in rules.levels if isinstance(each.change, SetLevel)}
    return [
        RuleLine(
            id=rule.id,
            title=rule.title,
            severity=gravest(rule),
            level=held.get(rule.id, "off"),
            citation=rule.citation,
            say_instead=rule.say_instead,
            own=False,
            phrases=[],
            change=changes.get(rule.id),
        )
        for rule in data.rules
    ]


def _own_rules(logged: Sequence[LoggedChange]) -> list[RuleLine]:
    return [
        RuleLine(
            id=each.change.rule,
            title=each.change.title,
            severity=each.change.severity,
            level=each.change.severity,
            citation="the shop's own rule",
            say_instead=each.change.say_instead,
            own=True,
            phrases=each.change.phrases,
            change=each,
        )
        for each in logged
        if isinstance(each.change, SetRule)
    ]
