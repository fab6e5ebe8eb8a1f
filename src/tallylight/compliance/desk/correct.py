"""A correction card: what viewers are told after a wrong price, shipping or deadline has aired."""

import unicodedata

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.desk.errors import NothingToCorrectError
from tallylight.compliance.desk.models import TEXT_LENGTH_MAX, correction
from tallylight.compliance.desk.suggest import correctable
from tallylight.compliance.desk.types import Correction, Decider, KeptFinding
from tallylight.compliance.evidence import record_evidence
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id

KIND = "correction"
SHOWN_S_MIN, SHOWN_S_MAX = 5, 60
CARDS_MAX = 5
"""Of one finding: what viewers have not read by then, a sixth card does not tell them."""
_TEXT_LENGTH_MIN = 3


def aired_wrong(found: KeptFinding) -> bool:
    """Whether viewers heard what the finding is about. A host who put it right at once leaves a note, not this."""
    return found.verdict != "note" and found.outcome in ("cleared", "late") and correctable(found.facts)


async def record_correction(
    connection: AsyncConnection, found: KeptFinding, text: str, seconds: int, *, by: Decider, at_us: int, now_us: int
) -> Correction:
    """Put a card on record that viewers see from programme time ``at_us`` for ``seconds``; ``now_us``: wall time.

    Raises NothingToCorrectError, InvalidInputError.
    """
    if not aired_wrong(found):
        raise NothingToCorrectError("only what aired and was compared with a price, shipping, stock or a deadline")
    shown = Correction(new_id(), found.id, _clean(text), at_us, at_us + seconds * 1_000_000)
    if not SHOWN_S_MIN <= seconds <= SHOWN_S_MAX:
        raise InvalidInputError(f"show the card for {SHOWN_S_MIN} to {SHOWN_S_MAX} seconds", field="seconds")
    cards = sa.select(sa.func.count()).where(correction.c.finding_id == found.id)
    if int(await connection.scalar(cards) or 0) >= CARDS_MAX:
        raise NothingToCorrectError(f"viewers were told {CARDS_MAX} times; say it on air")
    values = msgspec.structs.asdict(shown) | {"broadcast_id": found.broadcast_id}
    await connection.execute(correction.insert().values(**values, shown_by=by.id, shown_wall_us=now_us))
    payload = {
        "event": "shown",
        "id": shown.id,
        "finding_id": found.id,
        "text": shown.text,
        "at_us": shown.at_us,
        "until_us": shown.until_us,
        "by": by.id,
        "name": by.name,
        "wall_us": now_us,
    }
    await record_evidence(connection, found.broadcast_id, KIND, payload, shown.at_us)
    return shown


def _clean(text: str) -> str:
    """One line without control characters. Raises InvalidInputError."""
    line = " ".join("".join(" " if unicodedata.category(each)[0] == "C" else each for each in text).split())
    if not _TEXT_LENGTH_MIN <= len(line) <= TEXT_LENGTH_MAX:
        raise InvalidInputError(f"a card holds {_TEXT_LENGTH_MIN} to {TEXT_LENGTH_MAX} characters", field="text")
    return line
