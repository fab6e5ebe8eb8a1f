"""Tables of the media room. Broadcasts are named by id only: this room knows streams, not shows."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

stream_address = sa.Table(
    "stream_address",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("token", sa.Text, nullable=False, comment="unguessable part of every live URL of this broadcast"),
)

recording = sa.Table(
    "recording",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="aired: what viewers got; original: as the camera sent it"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_us", sa.BigInteger, nullable=True, comment="programme time of its first picture"),
    sa.Column("ended_us", sa.BigInteger, nullable=True),
    sa.Column("segments", sa.Integer, nullable=False, server_default="0"),
    sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("kind in ('aired', 'original')", name="kind_known"),
    sa.CheckConstraint("state in ('recording', 'complete', 'incomplete', 'empty', 'deleted')", name="state_known"),
)
