"""What a figure takes off an amount."""

from tallylight.deals.types import DealKind
from tallylight.foundation.money import basis_points_of


def discount_of(kind: DealKind, figure: int, minor: int) -> int:
    """What terms of ``kind`` and ``figure`` take off ``minor`` units: at least 0, at most all of it."""
    if kind == "price":
        return max(0, minor - figure)
    if kind == "percentage":
        return min(minor, basis_points_of(minor, figure))
    return min(minor, figure)
