"""A batch as CSV, for banks and people that take no ISO 20022. Pure."""

from tallylight.ledger.csv_text import csv_text
from tallylight.ledger.payouts.read import PayoutBatch

HEAD = (
    "payout", "pay_on", "holder", "iban", "bic", "account_number", "routing_number", "country", "amount", "currency",
    "reference", "party", "statement",
)  # fmt: skip


def transfer_csv(batch: PayoutBatch) -> str:
    """One row a payout; amounts as decimals."""
    return csv_text(
        HEAD,
        [
            (
                batch.number, batch.pay_on.isoformat(), line.account.holder, line.account.iban, line.account.bic,
                line.account.account_number, line.account.routing_number, line.account.country, line.amount.decimal(),
                line.amount.currency, line.reference, line.party_name, line.statement_number,
            )
            for line in batch.payouts
        ],
    )  # fmt: skip
