"""Tables of the desk."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

TEXT_LENGTH_MAX = 140

finding_lease = sa.Table(
    "finding_lease",
    metadata,
    sa.Column("finding_id", sa.ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("show_id", sa.Uuid, nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("until_us", sa.BigInteger, nullable=False, comment="wall time; a lease that is over binds nobody"),
    sa.Index("ix_finding_lease_show_id", "show_id"),
    comment="who is deciding a finding just now",
)

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("broadcast_id", sa.Uuid, nullable=False),
    sa.Column("finding_id", sa.ForeignKey("finding.id"), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time from which viewers see it"),
    sa.Column("until_us", sa.BigInteger, nullable=False),
    sa.Column("shown_by", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("shown_wall_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"length(text) between 3 and {TEXT_LENGTH_MAX}", name="text_3_to_140"),
    sa.CheckConstraint("until_us > at_us", name="forward"),
    sa.Index("ix_correction_broadcast_id_at_us", "broadcast_id", "at_us"),
    comment="cards that told viewers what is right",
)
