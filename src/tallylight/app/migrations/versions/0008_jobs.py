"""Creates the job queue: procrastinate's own schema, as the locked version of the library ships it."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    bind = op.get_bind()
    bind.exec_driver_sql("select 1")  # the driver begins its transaction with the first statement
    # A script of many statements: asyncpg runs those on its own connection only, not as a prepared statement.
    bind.connection.dbapi_connection.run_async(  # type: ignore[union-attr]
        lambda driver: driver.execute(SchemaManager.get_schema())
    )
