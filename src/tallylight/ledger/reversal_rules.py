"""How much of a posted transfer goes back. Pure. Rules and worked numbers: docs/algorithms/books.md."""

from collections.abc import Sequence

from tallylight.foundation.errors import ConflictError
from tallylight.foundation.money import split_minor


class ReversalTooLargeError(ConflictError):
    """More would go back than was posted and is still there."""

    code = "reversal_too_large"


def take_from(left: Sequence[int], amount: int) -> list[int]:
    """``amount`` (>= 0) taken pro rata from what is ``left`` of each part (>= 0), by the largest remainder.

    A part never gives more than it has left: they are split by what is left of them, not by what they once were. So,
    whatever the steps, taking everything leaves zeros. Raises ReversalTooLargeError.
    """
    if amount < 0 or amount > sum(left):
        raise ReversalTooLargeError("more would be given back than is left of what was posted; choose a smaller amount")
    return split_minor(amount, left) if amount else [0] * len(left)


def share_of(left: int, part: int, whole: int) -> int:
    """What ``part`` of ``whole`` is of ``left`` (all >= 0), half a cent rounded up; all of it when the whole goes."""
    if part < 0 or part > whole:
        raise ReversalTooLargeError("more would be given back than is left of the order; choose a smaller amount")
    return left if part == whole else (left * part * 2 + whole) // (2 * whole)
