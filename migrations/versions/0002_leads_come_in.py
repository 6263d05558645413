"""Leads come in: keys, senders' ids, activities, merges, scores."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import INSTANT, JSON, KEY

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What a lead that was there before is given, and a new one says itself.
AT_FIRST = {"do_not_contact": sa.text("false"), "fields": sa.text("'{}'"), "score": sa.text("0")}
# What version 0001 cannot read.
NEW_KINDS = ("came_in", "held", "let_go", "merged", "split")


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "api_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False, comment="the sender it lets in"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the key"),
        sa.Column("hint", sa.String(length=12), nullable=False, comment="its first letters, to tell keys apart"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True, comment="within a minute"),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_api_key_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_index("uq_api_key_digest", "api_key", ["digest"], unique=True)
    in_force = sa.text("revoked_at is null")
    op.create_index(
        "uq_api_key_name",
        "api_key",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "activity",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False, comment="as recognised then; a merge leaves it"),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False, comment="the sender's own id of the activity"),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="a key of the playbook's scoring.activities"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("what", sa.Text(), nullable=True, comment="a page, a title, a message"),
        sa.Column("fields", JSON, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_activity_lead_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_activity_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
        sa.UniqueConstraint(
            "workspace_id", "sender", "external_id", name="uq_activity_workspace_id_sender_external_id"
        ),
    )
    op.create_index("ix_activity_lead_id", "activity", ["lead_id", "kind", "at"])
    op.create_table(
        "external_id",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False, comment="the API key's or form's name"),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_external_id_lead_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_external_id_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_external_id"),
        sa.UniqueConstraint(
            "workspace_id", "sender", "external_id", name="uq_external_id_workspace_id_sender_external_id"
        ),
    )
    op.create_index("ix_external_id_lead_id", "external_id", ["lead_id"])
    op.create_table(
        "lead_merge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("kept_id", KEY, nullable=False),
        sa.Column("merged_id", KEY, nullable=False),
        sa.Column("because", sa.String(length=20), nullable=False, comment="what they share: id, email or name"),
        sa.Column("taken", JSON, nullable=False, comment="the columns that the kept one took over"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("split_at", INSTANT, nullable=True),
        sa.Column("split_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["lead.id"], name="fk_lead_merge_kept_id"),
        sa.ForeignKeyConstraint(["merged_id"], ["lead.id"], name="fk_lead_merge_merged_id"),
        sa.ForeignKeyConstraint(["split_by_id"], ["person.id"], name="fk_lead_merge_split_by_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lead_merge_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_merge"),
    )
    op.create_index("ix_lead_merge_kept_id", "lead_merge", ["kept_id"])
    op.create_index("ix_lead_merge_merged_id", "lead_merge", ["merged_id"])

    with op.batch_alter_table("company") as company:
        company.add_column(
            sa.Column("domain", sa.String(length=253), nullable=True, comment="of its site and mail; NULL: not known")
        )
        company.drop_constraint("uq_company_workspace_id_name_key", type_="unique")
    op.create_index("ix_company_name_key", "company", ["workspace_id", "name_key"])
    op.create_index("uq_company_domain", "company", ["workspace_id", "domain"], unique=True)
    nowhere = sa.text("domain is null")
    op.create_index(
        "uq_company_name_key",
        "company",
        ["workspace_id", "name_key"],
        unique=True,
        sqlite_where=nowhere,
        postgresql_where=nowhere,
    )

    with op.batch_alter_table("handoff") as handoff:
        handoff.alter_column(
            "announcer_id",
            existing_type=KEY,
            nullable=True,
            comment="NULL: by its score or a request",
            existing_comment=None,
        )
        handoff.add_column(
            sa.Column("permalink", sa.String(length=300), nullable=True, comment="the message it was handed over from")
        )

    with op.batch_alter_table("lead") as lead:
        lead.alter_column(
            "email_key",
            existing_type=sa.String(length=320),
            comment="folded for comparison, without a plus-tag",
            existing_comment="folded for comparison",
        )
        lead.add_column(
            sa.Column("problem", sa.Text(), nullable=True, comment="what they wrote last, in their own words")
        )
        lead.add_column(
            sa.Column(
                "source",
                sa.String(length=80),
                nullable=True,
                comment="where they first came from: a key of the sources",
            )
        )
        lead.add_column(
            sa.Column("campaign", sa.String(length=200), nullable=True, comment="the first that brought them")
        )
        lead.add_column(
            sa.Column("do_not_contact", sa.Boolean(), nullable=False, server_default=AT_FIRST["do_not_contact"])
        )
        lead.add_column(
            sa.Column(
                "fields",
                JSON,
                nullable=False,
                comment="what senders say beyond our columns",
                server_default=AT_FIRST["fields"],
            )
        )
        lead.add_column(
            sa.Column(
                "score",
                sa.Integer(),
                nullable=False,
                comment="points of all it ever did",
                server_default=AT_FIRST["score"],
            )
        )
        lead.add_column(
            sa.Column(
                "scored_by_id",
                KEY,
                nullable=True,
                comment="the version that added the score up; NULL: it is still to be added up",
            )
        )
        lead.create_foreign_key("fk_lead_scored_by_id", "playbook", ["scored_by_id"], ["id"])
        lead.add_column(
            sa.Column("held_by", sa.String(length=80), nullable=True, comment="the gate that keeps it from sales")
        )
        lead.add_column(sa.Column("merged_into_id", KEY, nullable=True, comment="the lead it turned out to be"))
        lead.create_foreign_key("fk_lead_merged_into_id", "lead", ["merged_into_id"], ["id"])
    with op.batch_alter_table("lead") as lead:
        for column in AT_FIRST:
            lead.alter_column(column, server_default=None)
    merged = sa.text("merged_into_id is not null")
    op.create_index("ix_lead_merged_into_id", "lead", ["merged_into_id"], sqlite_where=merged, postgresql_where=merged)
    unmerged = sa.text("merged_into_id is null")
    op.create_index(
        "ix_lead_scored_by_id",
        "lead",
        ["workspace_id", "scored_by_id", "id"],
        sqlite_where=unmerged,
        postgresql_where=unmerged,
    )
    held = sa.text("held_by is not null and merged_into_id is null")
    op.create_index("ix_lead_held_by", "lead", ["workspace_id", "held_by"], sqlite_where=held, postgresql_where=held)
    holding = sa.text("kind = 'held'")
    op.create_index(
        "ix_lead_event_held",
        "lead_event",
        ["workspace_id", "at", "id"],
        sqlite_where=holding,
        postgresql_where=holding,
    )


def downgrade() -> None:
    """Move back: keys, activities and merges are gone, and the leads stay."""
    op.drop_index("ix_lead_event_held", "lead_event")
    for index in ("ix_lead_held_by", "ix_lead_scored_by_id", "ix_lead_merged_into_id"):
        op.drop_index(index, "lead")
    with op.batch_alter_table("lead") as lead:
        lead.drop_constraint("fk_lead_merged_into_id", type_="foreignkey")
        lead.drop_constraint("fk_lead_scored_by_id", type_="foreignkey")
        for column in (
            "merged_into_id",
            "held_by",
            "scored_by_id",
            "score",
            "fields",
            "do_not_contact",
            "campaign",
            "source",
            "problem",
        ):
            lead.drop_column(column)
        lead.alter_column(
            "email_key",
            existing_type=sa.String(length=320),
            comment="folded for comparison",
            existing_comment="folded for comparison, without a plus-tag",
        )

    # Somebody must have handed a lead over: the first person of the workspace stands in for Baton.
    op.execute(
        "UPDATE handoff SET announcer_id = (SELECT min(person.id) FROM person"
        " WHERE person.workspace_id = handoff.workspace_id) WHERE announcer_id IS NULL"
    )
    with op.batch_alter_table("handoff") as handoff:
        handoff.drop_column("permalink")
        handoff.alter_column(
            "announcer_id",
            existing_type=KEY,
            nullable=False,
            comment=None,
            existing_comment="NULL: by its score or a request",
        )

    for index in ("uq_company_name_key", "uq_company_domain", "ix_company_name_key"):
        op.drop_index(index, "company")
    # Companies of one name and two domains keep apart by their ids.
    op.execute(
        "UPDATE company SET name_key = name_key || ' ' || id WHERE EXISTS (SELECT 1 FROM company AS other"
        " WHERE other.workspace_id = company.workspace_id AND other.name_key = company.name_key"
        " AND other.id < company.id)"
    )
    with op.batch_alter_table("company") as company:
        company.drop_column("domain")
        company.create_unique_constraint("uq_company_workspace_id_name_key", ["workspace_id", "name_key"])

    kinds = ", ".join(f"'{kind}'" for kind in NEW_KINDS)
    op.execute(f"DELETE FROM lead_event WHERE kind IN ({kinds})")  # nosec B608  # noqa: S608 - our own words
    for table in ("lead_merge", "external_id", "activity", "api_key"):
        op.drop_table(table)
