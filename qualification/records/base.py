"""What every record shares: names of constraints, times in UTC, ids."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from qualification.records.personal import PersonalColumns

# SQLite gives a row its id only where the key is its own INTEGER type.
Key = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")
# Where nothing is stored as NULL, not as JSON's null.
JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment: aware going in, UTC coming out; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite keeps no zone, so it is dropped only after conversion."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value!r}: every stored time carries its zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC, aware."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def of_workspace(column: str, parent: str, *, use_alter: bool = False) -> ForeignKeyConstraint:
    """Refer by that column to a row of the parent table that is of the same workspace: decision 0036."""
    return ForeignKeyConstraint(
        ["workspace_id", column], [f"{parent}.workspace_id", f"{parent}.id"], use_alter=use_alter
    )


def choice(kind: type[StrEnum]) -> Enum:
    """A column that holds one of an enum's values, as text, readable in any client."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """The declarative base; constraints are named so that both engines can migrate them.

    Each record declares in `personal` what its columns hold of people.
    """

    personal: ClassVar[PersonalColumns]

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant()}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


def insert_once(session: Session, record: type[Base], **values: object) -> bool:
    """Insert the row unless a unique key says it is there; tell whether it was inserted.

    The database settles the race: of two at the same instant one inserts, and the other waits for its commit.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # A row that comes back tells what a count of rows would not: PostgreSQL's driver keeps none for an insert.
    statement = insert(record).values(**values).on_conflict_do_nothing().returning(literal_column("1", Integer))
    return session.scalar(statement) is not None
