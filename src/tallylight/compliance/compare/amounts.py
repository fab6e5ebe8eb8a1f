"""Amounts of money as hosts say them, every reading of them, and whether one is a value of ours."""

from decimal import ROUND_CEILING, Decimal

from tallylight.compliance.annotate import SMALL_MONEY_WORDS
from tallylight.compliance.compare.said import Said
from tallylight.compliance.numbers import PARTS, find_numbers, is_number_word

_AND_CHANGE = {"and", "change"}


def amounts(said: Said, span: tuple[int, int]) -> tuple[set[Decimal], set[Decimal]]:
    """(readings, near readings) of the money or bare amount in ``span``."""
    words = said.words(*span)
    numbers = said.numbers(*span)
    if words[0] in ("a", "another") and len(words) > 1 and not is_number_word(words[1]):  # "a dollar", "a buck fifty"
        part = PARTS.get(tuple(words[2:5]))
        if part is not None:
            return {1 + part}, set()
        cents = numbers[0].readings if numbers and numbers[0].start == 2 else (Decimal(0),)
        return {1 + value / 100 for value in cents}, set()
    if not numbers:
        return set(), set()
    if len(numbers) == 2:
        minor = [value / 100 for value in numbers[1].readings if 0 < value < 100]
        return {whole + cents for whole in numbers[0].readings for cents in minor if whole % 1 == 0}, set()
    number = numbers[0]
    after = words[number.end] if number.end < len(words) else ""
    if after in SMALL_MONEY_WORDS:
        return {value / 100 for value in number.readings}, set()
    # What follows may belong to it: "a hundred and nineteen" is heard as "100 in 19".
    wider = find_numbers(said.words(span[0], span[1] + 2))
    return {*number.readings, *number.parts}, {*number.near, *(wider[0].near if wider else ())}


def amount_fits(said: Said, span: tuple[int, int], value: Decimal) -> bool:
    """Whether an amount says ``value``: exactly, rounded up to the whole, or about it when the host says so."""
    exact, near = amounts(said, span)
    if value in exact or (said.heard and value in near):
        return True
    if set(said.words(span[1], span[1] + 2)) >= _AND_CHANGE and int(value) in exact:  # "six and change"
        return True
    rounded = value.to_integral_value(ROUND_CEILING)
    if rounded in exact and rounded - value <= max(Decimal("0.05"), value / 100):
        return True
    return said.about(span[0]) and any(abs(each - value) * 10 <= value for each in exact)


def counts_before(said: Said, start: int) -> list[int]:
    """Small counts just before an amount: "if you buy two it's sixty dollars"."""
    words = said.words(max(0, start - 5), start)
    return [int(value) for number in find_numbers(words) for value in number.readings if value in range(2, 13)]
