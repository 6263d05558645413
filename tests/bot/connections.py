"""How many connections to the database are taken."""

from sqlalchemy.pool import QueuePool

from bot.database import Database


def in_use(database: Database) -> int:
    """Count the connections that are in a transaction or snapshot at this moment."""
    with database.snapshot() as session:
        # A session takes a connection with its first statement, and this one has none.
        pools = {database.engine.pool, session.get_bind().engine.pool}
    return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))
