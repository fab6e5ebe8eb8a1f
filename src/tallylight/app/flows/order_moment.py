"""The receipt of a live order: what was said and shown when it was bought, at which price and who paid the discount.

Made once, when the moment has aired, and never changed: its hash goes with it, on the buyer's page and into disputes.
"""

import asyncio
import hashlib
import io
import zipfile
from pathlib import Path
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from tallylight.app.flows.heard import words_between
from tallylight.checkout.exchanges.queries import was_got_in_exchange
from tallylight.checkout.funded_parts import funders_of_order
from tallylight.checkout.models import customer_order, moment_receipt, quote_of_order
from tallylight.checkout.queries import quote_of_row
from tallylight.checkout.schemas import FunderAmount, TranscriptWord
from tallylight.deals import GRACE_US, Quote
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import ShowId, new_id
from tallylight.media.cut_clip import Clip, cut_clip
from tallylight.media.recording import recording_dir
from tallylight.members.models import shop
from tallylight.shows.models import show
from tallylight.shows.queries import broadcast_at

BEFORE_US = 20 * MICROSECONDS
AFTER_US = 10 * MICROSECONDS
SETTLED_US = 60 * MICROSECONDS
"""How long after the moment its recording and its words are surely there: far over the longest delay and a segment."""

_MOMENT = (1980, 1, 1, 0, 0, 0)
_READ_ME = """The receipt of a live order.

receipt.json  what was bought, at which price and why, who paid the discount, and what was said
clip.mp4      the moment as it aired (not there when nothing was recorded)
SHA256SUMS    checks both:  sha256sum -c SHA256SUMS

The first line's hash is the one that the shop's page of the order shows.
"""

_log = structlog.get_logger(__name__)


class ClipFact(msgspec.Struct, frozen=True):
    """The clip of the moment, as it aired: programme time in microseconds, and what it weighs."""

    from_us: int
    until_us: int
    bytes: int
    sha256: str


class MomentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """``at_us``: the frame that the buyer saw; ``priced_us``: the moment whose prices hold, within ``grace_us`` and the
    show's delay; both programme time.
    """

    format: str = "tallylight order moment 1"
    order_id: UUID
    number: str
    shop: str
    show: str
    broadcast_id: UUID | None
    placed_us: int
    at_us: int
    priced_us: int
    grace_us: int
    quote: Quote
    funders: list[FunderAmount]
    transcript: list[TranscriptWord]
    clip: ClipFact | None


class OrderMoment(msgspec.Struct, frozen=True):
    """The document as it was made, and its hash. ``document`` is the JSON text that the hash is of."""

    document: str
    sha256: str
    has_clip: bool


async def order_moment(database: Database, data_dir: Path, order_id: UUID, *, now_us: int) -> OrderMoment:
    """The order's moment, made if this is the first time. Raises NotFoundError, ConflictError while it still airs."""
    found = await _made(database, order_id)
    if found is not None:
        return found
    document, folder = await _facts(database, data_dir / "recordings", order_id, now_us)
    clip = None if folder is None else await asyncio.to_thread(_cut, folder, document.at_us)
    if clip is not None:
        fact = ClipFact(clip.from_us, clip.until_us, len(clip.data), hashlib.sha256(clip.data).hexdigest())
        document = msgspec.structs.replace(document, clip=fact)
        await asyncio.to_thread(keep_clip, clip_path(data_dir, order_id), clip.data)
    text = msgspec.json.encode(document, order="deterministic").decode()
    async with database.transaction() as connection:
        await connection.execute(
            insert(moment_receipt)
            .values(
                order_id=order_id, document=text, sha256=hashlib.sha256(text.encode()).digest(), made_us=now_us,
                has_clip=clip is not None,
            )
            .on_conflict_do_nothing()
        )  # fmt: skip
    made = await _made(database, order_id)
    assert made is not None
    return made


def clip_path(data_dir: Path, order_id: UUID) -> Path:
    """Where the order's clip lies: away from the recordings, whose time is over sooner than a dispute."""
    return data_dir / "moments" / f"{order_id}.mp4"


def keep_clip(path: Path, data: bytes) -> None:
    """Written beside and moved: a clip is whole or not there. Two at once write the same bytes, each its own draft."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{new_id().hex}")
    try:
        draft.write_bytes(data)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)  # a full disk leaves no halves behind


def moment_bundle(moment: OrderMoment, clip: bytes | None) -> bytes:
    """The ZIP for the buyer and for disputes. The same moment gives the same bytes."""
    target = io.BytesIO()
    sums = f"{moment.sha256}  receipt.json\n"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "README.txt", _READ_ME.encode())
        _add(archive, "receipt.json", moment.document.encode())
        if clip is not None:
            _add(archive, "clip.mp4", clip, zipfile.ZIP_STORED)
            sums += f"{hashlib.sha256(clip).hexdigest()}  clip.mp4\n"
        _add(archive, "SHA256SUMS", sums.encode())
    return target.getvalue()


async def _made(database: Database, order_id: UUID) -> OrderMoment | None:
    async with database.reading() as connection:
        row = (
            await connection.execute(sa.select(moment_receipt).where(moment_receipt.c.order_id == order_id))
        ).one_or_none()
    return None if row is None else OrderMoment(row.document, row.sha256.hex(), row.has_clip)


async def _facts(
    database: Database, recordings_dir: Path, order_id: UUID, now_us: int
) -> tuple[MomentDocument, Path | None]:
    """Everything but the clip, and the folder to cut it from."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                sa.select(customer_order, quote_of_order, shop.c.name.label("shop_name"), show.c.title)
                .join(shop, shop.c.id == customer_order.c.shop_id)
                .join(show, show.c.id == customer_order.c.show_id)
                .where(customer_order.c.id == order_id)
            )
        ).one_or_none()
        if row is None:
            raise NotFoundError("there is no such order")
        if row.state != "paid":
            raise ConflictError("only a paid order has a receipt of its moment", state=row.state)
        if await was_got_in_exchange(connection, order_id):
            raise ConflictError("it was got in exchange, off the air: the order it was exchanged for has the moment")
        if now_us < max(row.at_us, row.placed_us) + SETTLED_US:
            raise ConflictError("the moment is still being aired; ask again in a minute")
        funders = await funders_of_order(connection, order_id, row.currency)
        broadcast = await broadcast_at(connection, ShowId(row.show_id), row.at_us)
        words = []
        if broadcast is not None:
            words = await words_between(connection, broadcast.id, row.at_us - BEFORE_US, row.at_us + AFTER_US)
    document = MomentDocument(
        order_id=order_id,
        number=str(row.number),
        shop=row.shop_name,
        show=row.title,
        broadcast_id=None if broadcast is None else broadcast.id,
        placed_us=row.placed_us,
        at_us=row.at_us,
        priced_us=row.priced_us,
        grace_us=GRACE_US,
        quote=quote_of_row(row.quote, row.priced_us),
        funders=funders,
        transcript=[TranscriptWord(word.text, word.start_us, word.end_us) for word in words],
        clip=None,
    )
    return document, None if broadcast is None else recording_dir(recordings_dir, broadcast.id, "aired")


def _cut(folder: Path, at_us: int) -> Clip | None:
    """What aired; a recording that is torn there gives none."""
    try:
        return cut_clip(folder, at_us - BEFORE_US, at_us + AFTER_US, around_us=at_us)
    except OSError as error:  # av's errors are OSErrors too
        _log.error("the clip of an order's moment could not be cut", problem=type(error).__name__)
        return None


def _add(archive: zipfile.ZipFile, name: str, data: bytes, compression: int = zipfile.ZIP_DEFLATED) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.external_attr = 0o644 << 16
    archive.writestr(member, data, compress_type=compression)
