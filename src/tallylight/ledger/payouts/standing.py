"""The payout of a statement that stands: the one that the bank has not sent back."""

import sqlalchemy as sa

from tallylight.ledger.payouts.models import payout, payout_return


def standing_payout() -> sa.Subquery:
    """Rows of ``payout``, at most one a statement."""
    came_back = sa.exists().where(
        payout_return.c.statement_id == payout.c.statement_id, payout_return.c.nth == payout.c.nth
    )
    return sa.select(payout).where(~came_back).subquery("standing")
