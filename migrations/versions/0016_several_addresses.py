"""Several addresses and telephone numbers of one lead, and names of companies at one domain, in tables of their own.

A hundred thousand leads with an address and a number each took 5 s by the clock on SQLite and 6 s on PostgreSQL, with
much else to do on two cores, and 2.6 s and 1.8 s of this process; a million take about ten times that, which was not
measured. Before numbers of a plain form were read without the library (`plain_phones`), it was 9 s and 15 s; a million
took 383 s and 188 s then, on a busier machine. Back, a hundred thousand took half a second.

Every address moves from `lead` into `lead_email`, whose unique key takes the place of the one on `lead`; the lead keeps
the one that is shown. Every number that can be compared is copied into `lead_phone`, with the key that the running
version looks for. No row of another table changes. `domain_name`, of the names of companies that share a domain, is
empty.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.columns import INSTANT, KEY
from qualification.rules.leads.phone_keys import phone_key

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TOGETHER = 10_000


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "lead_email",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_key", sa.String(320), nullable=False, comment="folded for comparison, without a plus-tag"),
        sa.Column(
            "name_key",
            sa.String(300),
            nullable=True,
            comment="names it was given with, folded, a line each; NULL: none yet; empty: names that differ",
        ),
        sa.Column(
            "by_hand",
            sa.Boolean(),
            nullable=False,
            comment="somebody has merged leads of different names, and this address with them",
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lead_email_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_lead_email_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_email"),
    )
    op.create_table(
        "lead_phone",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.Column("phone", sa.String(60), nullable=False),
        sa.Column(
            "phone_key",
            sa.String(60),
            nullable=False,
            comment="E.164 where its country is known, else its digits",
        ),
        sa.Column(
            "name_key",
            sa.String(300),
            nullable=True,
            comment="the lead's own, beside the number, so that the two are found together",
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lead_phone_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_lead_phone_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_phone"),
        sa.UniqueConstraint("lead_id", "phone_key", name="uq_lead_phone_lead_id_phone_key"),
    )
    op.create_table(
        "domain_name",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False, comment="the first that was said to work there"),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("name_key", sa.String(300), nullable=False, comment="folded for comparison"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_domain_name_workspace_id_workspace"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_domain_name_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_domain_name"),
        sa.UniqueConstraint("workspace_id", "domain", "name_key", name="uq_domain_name_workspace_id_domain_name_key"),
    )
    op.create_index("ix_domain_name_lead_id", "domain_name", ["lead_id"])
    op.execute(
        sa.text(
            "INSERT INTO lead_email (workspace_id, lead_id, email, email_key, name_key, by_hand, created_at)"
            " SELECT workspace_id, id, coalesce(email, email_key), email_key, name_key, false, created_at"
            " FROM lead WHERE email_key IS NOT NULL ORDER BY id"
        )
    )
    copy_numbers()
    # Indexes of a table that is filled already are built faster than they grow.
    op.create_index("uq_lead_email_email_key", "lead_email", ["workspace_id", "email_key"], unique=True)
    op.create_index("ix_lead_email_lead_id", "lead_email", ["lead_id"])
    op.create_index("ix_lead_phone_phone_key", "lead_phone", ["workspace_id", "phone_key", "name_key"])
    op.drop_index("uq_lead_email_key", "lead")


def downgrade() -> None:
    """Move back: of a lead's addresses and numbers only the shown ones stay."""
    # Two leads may show one address since then: it is the key of the one that has it.
    op.execute(
        sa.text(
            "UPDATE lead SET email_key = NULL WHERE email_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lead_email"
            " WHERE lead_email.lead_id = lead.id AND lead_email.email_key = lead.email_key)"
        )
    )
    op.create_index("uq_lead_email_key", "lead", ["workspace_id", "email_key"], unique=True)
    op.drop_table("domain_name")
    op.drop_table("lead_phone")
    op.drop_table("lead_email")


def copy_numbers() -> None:
    """Copy each number that can be compared."""
    connection = op.get_bind()
    lead = sa.table(
        "lead",
        *(sa.column(name) for name in ("id", "workspace_id", "phone", "country", "name_key")),
        sa.column("created_at", INSTANT),
    )
    phone = sa.table(
        "lead_phone",
        *(sa.column(name) for name in ("workspace_id", "lead_id", "phone", "phone_key", "name_key")),
        sa.column("created_at", INSTANT),
    )
    last = 0
    while found := connection.execute(
        sa.select(lead).where(lead.c.id > last, lead.c.phone.is_not(None)).order_by(lead.c.id).limit(TOGETHER)
    ).all():
        last = found[-1].id
        numbers = [
            {"workspace_id": each.workspace_id, "lead_id": each.id, "phone": each.phone, "phone_key": key}
            | {"name_key": each.name_key, "created_at": each.created_at}
            for each in found
            if (key := phone_key(each.phone, each.country)) is not None
        ]
        if numbers:
            insert_numbers(connection, phone, numbers)


def insert_numbers(connection: sa.Connection, phone: sa.TableClause, numbers: list[dict[str, Any]]) -> None:
    """Insert the rows; PostgreSQL takes a million of them by COPY in seconds, and one by one in minutes."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" or driver is None:
        connection.execute(phone.insert(), numbers)
        return
    columns = ", ".join(numbers[0])
    with driver.cursor() as cursor, cursor.copy(f"COPY lead_phone ({columns}) FROM STDIN") as copy:
        for row in numbers:
            copy.write_row(tuple(row.values()))
