"""Tables of the members room."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

ROLES = ("owner", "producer", "compliance", "finance", "host")

shop = sa.Table(
    "shop",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("accent", sa.Text, nullable=False, server_default="#7c5cff", comment="the one colour a shop chooses"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True, comment="lower case"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=True, comment="argon2id; null: signs in by link only"),
    sa.Column("signed_in_us", sa.BigInteger, nullable=True, comment="wall time, the last"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("shop_id", sa.ForeignKey(shop.c.id), primary_key=True),
    sa.Column("person_id", sa.ForeignKey(person.c.id), primary_key=True, index=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.CheckConstraint(f"role in {ROLES}", name="role_known"),
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True, comment="sha-256 of the 256-bit token"),
    sa.Column("person_id", sa.ForeignKey(person.c.id), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("issued_by", sa.ForeignKey(person.c.id), nullable=True, comment="null: the operator, or a mail"),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("person_id", sa.ForeignKey(person.c.id), nullable=False),
    sa.Column("csrf_token", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)

stream_key = sa.Table(
    "stream_key",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey(shop.c.id), nullable=False),
    sa.Column("show_id", sa.Uuid, nullable=False, index=True),
    sa.Column("key_hash", sa.LargeBinary, nullable=False, comment="sha-256 of the secret half"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey(shop.c.id), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False, comment="what uses it"),
    sa.Column("key_hash", sa.LargeBinary, nullable=False, unique=True, comment="sha-256 of the key"),
    sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False, comment="what it may do"),
    sa.Column("created_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("created_by", sa.ForeignKey(person.c.id), nullable=False),
    sa.Column("last_used_us", sa.BigInteger, nullable=True, comment="to the minute"),
    sa.Column("revoked_us", sa.BigInteger, nullable=True),
)
