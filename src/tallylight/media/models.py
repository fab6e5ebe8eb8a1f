"""Tables of the media room. Broadcasts and shows are named by id only: this room knows streams, not shows."""

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
    sa.Column("stored", sa.Boolean, nullable=False, server_default=sa.false(), comment="whole in the viewers' store"),
    sa.CheckConstraint("kind in ('aired', 'original')", name="kind_known"),
    sa.CheckConstraint("state in ('recording', 'complete', 'incomplete', 'empty', 'deleted')", name="state_known"),
)

relay_destination = sa.Table(
    "relay_destination",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("show_id", sa.Uuid, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False, comment="as people call it"),
    sa.Column("server", sa.Text, nullable=False, comment="rtmp[s]://host/app, without the key"),
    sa.Column("key_sealed", sa.LargeBinary, nullable=False, comment="the stream key, sealed for this id"),
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.CheckConstraint("length(name) between 1 and 60", name="name_1_to_60"),
)

air_look = sa.Table(
    "air_look",
    metadata,
    sa.Column("owner_id", sa.Uuid, primary_key=True, comment="a show or a shop"),
    sa.Column("withheld_sound", sa.Text, nullable=False, comment="what is heard in a bleeped phrase's place"),
    sa.Column("pad_ms", sa.Integer, nullable=False),
    sa.Column("fade_ms", sa.Integer, nullable=False),
    sa.Column("slate_title", sa.Text, nullable=False),
    sa.Column("slate_text", sa.Text, nullable=False),
    sa.Column("slate_sound", sa.Text, nullable=False),
    sa.Column("slate_picture", sa.LargeBinary, nullable=True, comment="PNG or JPEG"),
    sa.Column("stored_sound", sa.LargeBinary, nullable=True, comment="a file of sound, up to ten seconds"),
    sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("withheld_sound in ('tone', 'silence', 'stored')", name="withheld_sound_known"),
    sa.CheckConstraint("slate_sound in ('silence', 'withheld')", name="slate_sound_known"),
    sa.CheckConstraint("pad_ms between 0 and 200", name="pad_0_to_200_ms"),
    sa.CheckConstraint("fade_ms between 0 and 50", name="fade_0_to_50_ms"),
)

show_source = sa.Table(
    "show_source",
    metadata,
    sa.Column("show_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False, comment="pull: fetched from an address; srt: an encoder calls our port"),
    sa.Column("shown", sa.Text, nullable=False, comment="the address without anything secret"),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False, comment="address or passphrase, sealed for this show"),
    sa.Column("port", sa.Integer, nullable=True, unique=True, comment="of SRT, by UDP"),
    sa.Column("wanted", sa.Boolean, nullable=False, server_default=sa.false(), comment="whether it is to run now"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1", comment="grows with each change by a person"),
    sa.Column("problem", sa.Text, nullable=True, comment="why it was switched off by itself"),
    sa.CheckConstraint("kind in ('pull', 'srt')", name="kind_known"),
    sa.CheckConstraint("(kind = 'srt') = (port is not null)", name="srt_has_a_port"),
)

show_home = sa.Table(
    "show_home",
    metadata,
    sa.Column("show_id", sa.Uuid, primary_key=True),
    sa.Column("home", sa.Text, nullable=False, comment="the media process that takes its camera in"),
    sa.Column("wanted", sa.Text, nullable=True, comment="the one that it is to move to"),
    sa.Column("broadcast_id", sa.Uuid, nullable=True, index=True, comment="while it is on air"),
    sa.Column("air", sa.Text, nullable=True, comment="the one that viewers fetch from; null: its home"),
)

media_process = sa.Table(
    "media_process",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("process_id", sa.Integer, nullable=False),
    sa.Column("host", sa.Text, nullable=False, comment="where its equals reach it"),
    sa.Column("http_port", sa.Integer, nullable=False),
    sa.Column("rtmp_port", sa.Integer, nullable=False),
    sa.Column("started_us", sa.BigInteger, nullable=False),
    sa.Column("beat_us", sa.BigInteger, nullable=False, comment="wall time at which it last wrote this row"),
    sa.Column("cpu_permille", sa.Integer, nullable=False, comment="of one core, over the last seconds"),
    sa.Column("draining", sa.Boolean, nullable=False, server_default=sa.false()),
)
