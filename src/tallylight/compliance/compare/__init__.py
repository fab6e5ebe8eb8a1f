"""What was said against live facts: price, charges, former price, scarcity, deadline, the product's record."""

from tallylight.compliance.compare.comparisons import compare
from tallylight.compliance.compare.said import Comparison, Said

__all__ = ["Comparison", "Said", "compare"]
