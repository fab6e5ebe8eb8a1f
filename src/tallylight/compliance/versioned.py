"""The common ground of what is written in versions and reviewed: its lock, its newest version, its history."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.errors import ChangedMeanwhileError
from tallylight.foundation.errors import NotFoundError

Row = sa.Row[Any]


class Versioned(msgspec.Struct, frozen=True):
    """A kind of thing: what it is called, and its tables. Those of versions and steps have its id as NAME_id."""

    name: str
    things: sa.Table
    versions: sa.Table
    steps: sa.Table

    async def lock(self, connection: AsyncConnection, thing_id: UUID) -> Row:
        """The thing's row, locked: steps of one thing come one after the other. NotFoundError."""
        things = self.things
        row = (await connection.execute(sa.select(things).where(things.c.id == thing_id).with_for_update())).first()
        if row is None:
            raise NotFoundError(f"there is no such {self.name}")
        return row

    async def newest(self, connection: AsyncConnection, thing_id: UUID, revision: int | None = None) -> Row:
        """The newest version; ChangedMeanwhileError when it is not the ``revision`` that the caller read."""
        versions = self.versions
        row = (
            await connection.execute(
                sa.select(versions).where(versions.c[self._id] == thing_id).order_by(versions.c.version.desc()).limit(1)
            )
        ).one()
        if revision is not None and row.revision != revision:
            message = f"somebody changed this {self.name} meanwhile; look at it again"
            raise ChangedMeanwhileError(message, revision=row.revision)
        return row

    async def change(self, connection: AsyncConnection, thing_id: UUID, version: int, **values: object) -> None:
        """Set ``values`` on a version and count the change."""
        versions = self.versions
        await connection.execute(
            versions.update()
            .where(versions.c[self._id] == thing_id, versions.c.version == version)
            .values(revision=versions.c.revision + 1, **values)
        )

    async def record(
        self,
        connection: AsyncConnection,
        thing_id: UUID,
        version: int,
        step: str,
        *,
        by: UUID | None,
        at: datetime,
        comment: str = "",
    ) -> None:
        """Append to the thing's history."""
        written = {self._id: thing_id, "version": version, "step": step, "comment": comment, "person_id": by, "at": at}
        await connection.execute(self.steps.insert().values(written))

    @property
    def _id(self) -> str:
        return f"{self.name}_id"
