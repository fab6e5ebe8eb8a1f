"""A broadcast's evidence report: its chain and its show, as a document; and the signature under it."""

from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.chain import check_chain
from tallylight.compliance.evidence import chain_of, record_evidence
from tallylight.compliance.record.errors import BrokenChainError, StillOnAirError
from tallylight.compliance.record.legal_hold import By
from tallylight.compliance.report.document import Document, Subject, document_sha256
from tallylight.compliance.report.from_chain import document_of
from tallylight.foundation.ids import ShopId
from tallylight.members.queries import shop_by_id
from tallylight.shows.paid_host import paid_host
from tallylight.shows.queries import broadcast_by_id, show_by


class Signature(msgspec.Struct, frozen=True):
    """Who signed what. ``report_sha256``: of the JSON over the first ``entries`` of the chain."""

    name: str
    wall_us: int
    entries: int
    report_sha256: str


def stops_folder(recordings_dir: Path, broadcast_id: UUID) -> Path:
    """Where a report's files lie: their names are relative to this."""
    return recordings_dir / str(broadcast_id)


async def shop_of_broadcast(connection: AsyncConnection, broadcast_id: UUID) -> ShopId:
    """Whose broadcast it is. Raises NotFoundError."""
    broadcast = await broadcast_by_id(connection, broadcast_id)
    return (await show_by(connection, broadcast.show_id)).shop_id


async def report_broadcast(connection: AsyncConnection, broadcast_id: UUID, *, entries: int | None = None) -> Document:
    """The report over the whole chain or its first ``entries``: the second is how it read when it was signed.

    Raises NotFoundError.
    """
    broadcast = await broadcast_by_id(connection, broadcast_id)
    show = await show_by(connection, broadcast.show_id)
    shop = await shop_by_id(connection, show.shop_id)
    fallback = Subject(
        title=show.title,
        shop=shop.name,
        host=show.host_name,
        host_is_paid=(await paid_host(connection, show, broadcast.started_us)).paid,
        market=show.market,
        started_us=broadcast.started_us,
        ended_us=broadcast.ended_us,
    )
    return document_of(broadcast_id, await chain_of(connection, broadcast_id, entries=entries), fallback)


async def sign_report(connection: AsyncConnection, broadcast_id: UUID, *, by: By, now_us: int) -> Signature:
    """Put under the report as it stands who has read it. Raises NotFoundError, StillOnAirError, BrokenChainError."""
    if (await broadcast_by_id(connection, broadcast_id)).ended_us is None:
        raise StillOnAirError("the broadcast is still on air; sign its report when it is over")
    chain = await chain_of(connection, broadcast_id)
    broken = check_chain(broadcast_id, chain).broken
    if broken is not None:
        raise BrokenChainError("the chain of this broadcast is broken; its report cannot be signed", seq=broken.seq)
    document = await report_broadcast(connection, broadcast_id, entries=len(chain))
    assert document.seal is not None
    signature = Signature(by.name, now_us, len(chain), document_sha256(document))
    payload = {
        "by": by.person_id,
        "name": by.name,
        "wall_us": now_us,
        "entries": len(chain),
        "head": document.seal.head,
        "seal_sha256": document.seal.sha256,
        "report_sha256": signature.report_sha256,
        "counts": document.counts,
    }
    await record_evidence(connection, broadcast_id, "signature", payload, now_us)
    return signature
