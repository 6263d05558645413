"""One lead, handed over and accepted."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import CHOICE, INSTANT, JSON, KEY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Tables that point at each other: PostgreSQL gets these references after both stand; SQLite takes them unseen.
LATE = (
    ("fk_team_manager_id", "team", "person", "manager_id"),
    ("fk_workspace_playbook_id", "workspace", "playbook", "playbook_id"),
)


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "workspace",
        sa.Column("id", KEY, nullable=False),
        sa.Column("slack_team_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("app_id", sa.String(length=32)),
        sa.Column("bot_id", sa.String(length=32)),
        sa.Column("bot_user_id", sa.String(length=32)),
        sa.Column(
            "token_digest",
            sa.String(length=64),
            comment="SHA-256 of the bot token: knows the workspace again without asking Slack",
        ),
        sa.Column(
            "seal",
            sa.String(length=32),
            nullable=False,
            comment="random; makes this database's delivery ids unlike any other's",
        ),
        sa.Column("playbook_id", KEY, comment="the newest published version"),
        sa.Column(
            "trouble",
            sa.String(length=100),
            comment="Slack's error that stops every call, such as token_revoked; NULL when well",
        ),
        sa.Column("trouble_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_workspace_playbook_id", use_alter=True),
        sa.PrimaryKeyConstraint("id", name="pk_workspace"),
        sa.UniqueConstraint("slack_team_id", name="uq_workspace_slack_team_id"),
    )
    op.create_table(
        "arrival",
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False, comment="event id, or view id of a submission"),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_arrival_workspace_id"),
        sa.PrimaryKeyConstraint("workspace_id", "key", name="pk_arrival"),
    )
    op.create_table(
        "company",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False, comment="folded for comparison"),
        sa.Column("size", sa.Integer(), comment="employees"),
        sa.Column("country", sa.String(length=2), comment="ISO 3166-1 alpha-2"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_company_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_company"),
        sa.UniqueConstraint("workspace_id", "name_key", name="uq_company_workspace_id_name_key"),
    )
    op.create_table(
        "pace",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("method", sa.String(length=60), nullable=False),
        sa.Column("free_at", INSTANT, nullable=False),
        sa.Column(
            "trouble", sa.String(length=300), nullable=True, comment="why Slack refuses it, until somebody looks"
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_pace_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pace"),
        sa.UniqueConstraint("workspace_id", "method", name="uq_pace_workspace_id_method"),
    )
    op.create_table(
        "playbook",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the file's text"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False, comment="who ran the command"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_playbook_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_playbook"),
        sa.UniqueConstraint("workspace_id", "digest", name="uq_playbook_workspace_id_digest"),
    )
    op.create_table(
        "team",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False, comment="its name in the playbook"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False, comment="as the playbook names it: #name or an id"),
        sa.Column("channel_id", sa.String(length=32), comment="Slack's id; NULL until it was looked up"),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("hours", JSON, nullable=False, comment="weekly hours as published"),
        sa.Column("region", sa.String(length=100)),
        sa.Column("manager_id", KEY),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name="fk_team_manager_id", use_alter=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_team_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint("workspace_id", "key", name="uq_team_workspace_id_key"),
    )
    op.create_index("ix_team_manager_id", "team", ["manager_id"])
    op.create_table(
        "lead",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("company_id", KEY),
        sa.Column("name", sa.String(length=300)),
        sa.Column("name_key", sa.String(length=300), comment="folded for comparison"),
        sa.Column("email", sa.String(length=320)),
        sa.Column("email_key", sa.String(length=320), comment="folded for comparison"),
        sa.Column("phone", sa.String(length=60)),
        sa.Column("title", sa.String(length=300), comment="what they are at the company"),
        sa.Column("lifecycle", CHOICE, nullable=False),
        sa.Column("value_minor", sa.BigInteger(), comment="what the deal may bring, in cents or the like"),
        sa.Column("currency", sa.String(length=3), comment="ISO 4217"),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_lead_company_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lead_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lead"),
    )
    op.create_index("ix_lead_company_id", "lead", ["company_id"])
    op.create_index("ix_lead_name_key", "lead", ["workspace_id", "name_key", "company_id"])
    op.create_index("uq_lead_email_key", "lead", ["workspace_id", "email_key"], unique=True)
    op.create_table(
        "person",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("slack_user_id", sa.String(length=32), comment="NULL until Slack knows the e-mail"),
        sa.Column("email", sa.String(length=320), comment="lower case"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_rep", sa.Boolean(), nullable=False),
        sa.Column("is_manager", sa.Boolean(), nullable=False),
        sa.Column("is_marketer", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("team_id", KEY),
        sa.Column("zone", sa.String(length=64), comment="from Slack; the team's until then"),
        sa.Column("locale", sa.String(length=16), comment="from Slack, such as de-DE"),
        sa.Column("hours", JSON, comment="weekly hours as published: own, else the team's"),
        sa.Column("away_since", INSTANT),
        sa.Column("away_until", INSTANT, comment="NULL while away: until they say they are back"),
        sa.Column("deactivated", sa.Boolean(), nullable=False, comment="Slack says so"),
        sa.Column("active", sa.Boolean(), nullable=False, comment="named in the current playbook"),
        sa.Column("dm_channel", sa.String(length=32), comment="Slack's id of the direct message with the bot"),
        sa.Column("refreshed_at", INSTANT, comment="when Slack was last asked about them"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_person_team_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_person_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("uq_person_email", "person", ["workspace_id", "email"], unique=True)
    op.create_index("uq_person_slack_user_id", "person", ["workspace_id", "slack_user_id"], unique=True)
    op.create_table(
        "pool",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False, comment="turns dealt so far; the next turn's number less one"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_pool_team_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_pool_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pool"),
        sa.UniqueConstraint("workspace_id", "key", name="uq_pool_workspace_id_key"),
    )
    op.create_table(
        "checklist",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.Column(
            "framework",
            sa.String(length=80),
            nullable=False,
            comment="a key of the playbook's frameworks, such as bant",
        ),
        sa.Column("playbook_id", KEY, nullable=False, comment="the version last judged by"),
        sa.Column("passed_at", INSTANT),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_checklist_lead_id"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_checklist_playbook_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_checklist_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
        sa.UniqueConstraint("lead_id", "framework", name="uq_checklist_lead_id_framework"),
    )
    op.create_table(
        "handoff",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("pool_id", KEY),
        sa.Column("playbook_id", KEY, nullable=False, comment="the version that routed it"),
        sa.Column("rule", sa.String(length=200), comment="the rule that routed it; NULL: the default"),
        sa.Column("announcer_id", KEY, nullable=False),
        sa.Column("did", sa.Text(), nullable=False, comment="what the lead did that made it ready"),
        sa.Column("problem", sa.Text(), comment="in the lead's own words"),
        sa.Column("source", sa.String(length=80), comment="a key of the playbook's sources"),
        sa.Column("campaign", sa.String(length=200)),
        sa.Column("size", sa.Integer(), comment="employees, as routing saw them"),
        sa.Column("country", sa.String(length=2), comment="ISO 3166-1 alpha-2, as routing saw it"),
        sa.Column("promised", sa.Text(), comment="the follow-up the lead was promised"),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column("owner_id", KEY),
        sa.Column("stage", sa.String(length=80), comment="a key of the playbook's stages, once accepted"),
        sa.Column(
            "queued_because",
            sa.String(length=20),
            comment="nobody_there, everyone_asked or pool_lapsed: why the manager was asked",
        ),
        sa.Column("announced_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT),
        sa.Column("contacted_at", INSTANT, comment="the first contact after acceptance"),
        sa.Column("ended_at", INSTANT),
        sa.Column("decided_by_id", KEY),
        sa.Column("reason", sa.String(length=80), comment="key of the reason it was disqualified or lost"),
        sa.Column("reason_note", sa.Text()),
        sa.Column("undo_until", INSTANT, comment="the last decision can be undone until then"),
        sa.Column(
            "before", JSON, comment="what the last decision replaced: state, owner, stage, seconds left on the clock"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["announcer_id"], ["person.id"], name="fk_handoff_announcer_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name="fk_handoff_decided_by_id"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_handoff_lead_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_handoff_owner_id"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_handoff_playbook_id"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name="fk_handoff_pool_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_handoff_team_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_handoff_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_handoff"),
    )
    op.create_index("ix_handoff_lead_id", "handoff", ["lead_id"])
    op.create_index("ix_handoff_owner_id", "handoff", ["owner_id"])
    op.create_index("ix_handoff_state", "handoff", ["workspace_id", "state"])
    op.create_index(
        "ix_handoff_undo",
        "handoff",
        ["workspace_id", "undo_until"],
        sqlite_where=sa.text("undo_until is not null"),
        postgresql_where=sa.text("undo_until is not null"),
    )
    op.create_index(
        "uq_handoff_live",
        "handoff",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("state in ('offered', 'pooled', 'queued', 'accepted')"),
        postgresql_where=sa.text("state in ('offered', 'pooled', 'queued', 'accepted')"),
    )
    op.create_table(
        "lane",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column(
            "place",
            sa.String(length=100),
            nullable=False,
            comment="channel id; 'direct:' or 'home:' and the person's id for what belongs to one person",
        ),
        sa.Column("person_id", KEY, comment="whose place it is; NULL: a channel"),
        sa.Column("due_at", INSTANT, comment="when its first delivery may be tried; NULL: nothing owed"),
        sa.Column("posts_free_at", INSTANT, comment="the channel's rate: no new message before then"),
        sa.Column("leased_by", sa.String(length=64), comment="the worker that has it in hand"),
        sa.Column("leased_until", INSTANT),
        sa.Column("answered_at", INSTANT, comment="when Slack last took something here"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_lane_person_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lane_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lane"),
        sa.UniqueConstraint("workspace_id", "place", name="uq_lane_workspace_id_place"),
    )
    op.create_index(
        "ix_lane_due",
        "lane",
        ["workspace_id", "due_at"],
        sqlite_where=sa.text("due_at is not null"),
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_table(
        "membership",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("pool_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="order in the playbook; settles equal turns"),
        sa.Column(
            "last_turn",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="number of the last turn kept; the lowest is next",
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_membership_person_id"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name="fk_membership_pool_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_membership_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        sa.UniqueConstraint("pool_id", "person_id", name="uq_membership_pool_id_person_id"),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.create_table(
        "answer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("checklist_id", KEY, nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("verdict", CHOICE, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("answered_by_id", KEY, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name="fk_answer_answered_by_id"),
        sa.ForeignKeyConstraint(["checklist_id"], ["checklist.id"], name="fk_answer_checklist_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_answer_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sa.UniqueConstraint("checklist_id", "item", name="uq_answer_checklist_id_item"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lane_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="the template that draws it"),
        sa.Column(
            "subject",
            KEY,
            nullable=False,
            comment="the id of what it shows: a handoff, an offer, a lead event or a person, by kind",
        ),
        sa.Column("handoff_id", KEY),
        sa.Column("parent_id", KEY, comment="the message it is a reply to"),
        sa.Column("state", CHOICE, nullable=False),
        sa.Column(
            "urgency", sa.Integer(), nullable=False, comment="0 a new message, 1 a reply or an edit, 2 what can wait"
        ),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="order within the lane"),
        sa.Column("wanted", sa.Integer(), nullable=False, comment="counts changes to what it shows"),
        sa.Column("shown", sa.Integer(), nullable=False, comment="the count that Slack last showed"),
        sa.Column(
            "posting", sa.Integer(), nullable=False, comment="counts postings: one more after it was deleted by hand"
        ),
        sa.Column("channel", sa.String(length=32), comment="Slack's channel id, once posted"),
        sa.Column("ts", sa.String(length=32), comment="Slack's message id, once posted"),
        sa.Column("fingerprint", sa.String(length=64), comment="SHA-256 of what was last sent"),
        sa.Column("began_at", INSTANT, comment="when the post in hand began; still set later: its answer was lost"),
        sa.Column("recheck_at", INSTANT, comment="when to look for a twin of a message posted again"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="refusals in a row"),
        sa.Column("refused_at", INSTANT, comment="the first refusal in that row"),
        sa.Column("trouble", sa.String(length=300), comment="the last refusal; the reason while parked"),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_delivery_handoff_id"),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name="fk_delivery_lane_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["delivery.id"], name="fk_delivery_parent_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_delivery_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_handoff_id", "delivery", ["handoff_id"])
    op.create_index(
        "ix_delivery_home",
        "delivery",
        ["subject"],
        sqlite_where=sa.text("kind = 'home'"),
        postgresql_where=sa.text("kind = 'home'"),
    )
    op.create_index("ix_delivery_message", "delivery", ["channel", "ts"])
    op.create_index(
        "ix_delivery_owed",
        "delivery",
        ["lane_id", "urgency", "sequence"],
        sqlite_where=sa.text("state = 'owed'"),
        postgresql_where=sa.text("state = 'owed'"),
    )
    op.create_index("ix_delivery_parent_id", "delivery", ["parent_id"])
    op.create_index(
        "ix_delivery_parked",
        "delivery",
        ["workspace_id"],
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_delivery_recheck",
        "delivery",
        ["workspace_id", "recheck_at"],
        sqlite_where=sa.text("recheck_at is not null"),
        postgresql_where=sa.text("recheck_at is not null"),
    )
    op.create_index("uq_delivery_subject", "delivery", ["lane_id", "kind", "subject"], unique=True)
    op.create_table(
        "lead_event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("lead_id", KEY, nullable=False),
        sa.Column("handoff_id", KEY),
        sa.Column("kind", CHOICE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", KEY, comment="NULL: the clock or a rule"),
        sa.Column("playbook_id", KEY, comment="the version that decided"),
        sa.Column("facts", JSON, nullable=False, comment="what else the line tells, by kind"),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_lead_event_actor_id"),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_lead_event_handoff_id"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_lead_event_lead_id"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_lead_event_playbook_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_lead_event_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_event"),
    )
    op.create_index("ix_lead_event_handoff_id", "lead_event", ["handoff_id"])
    op.create_index("ix_lead_event_lead_id", "lead_event", ["lead_id", "id"])
    op.create_table(
        "offer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("handoff_id", KEY, nullable=False),
        sa.Column("person_id", KEY, comment="NULL: the whole pool may claim"),
        sa.Column("pool_id", KEY),
        sa.Column("playbook_id", KEY, nullable=False, comment="the version that chose"),
        sa.Column(
            "why", sa.String(length=20), nullable=False, comment="turn, pool or manager: how they came to be asked"
        ),
        sa.Column("rule", sa.String(length=200)),
        sa.Column("turn", sa.Integer(), comment="the number of the pool's turn it took"),
        sa.Column("credited", sa.Boolean(), nullable=False, comment="the turn was given back"),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("remind_at", INSTANT, comment="NULL: none, or done"),
        sa.Column("accept_by", INSTANT, comment="NULL: no clock"),
        sa.Column("next_at", INSTANT, comment="the earlier of remind_at and accept_by still to come"),
        sa.Column("outcome", CHOICE, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("reason", sa.String(length=80), comment="why it was passed on"),
        sa.Column("reason_note", sa.Text()),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_offer_handoff_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_offer_person_id"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_offer_playbook_id"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name="fk_offer_pool_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_offer_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
    )
    op.create_index(
        "ix_offer_clock",
        "offer",
        ["next_at"],
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    )
    op.create_index("ix_offer_handoff_id", "offer", ["handoff_id"])
    op.create_index("ix_offer_turn", "offer", ["person_id", "pool_id", "turn"])
    op.create_index(
        "uq_offer_open",
        "offer",
        ["handoff_id"],
        unique=True,
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for name, table, target, column in LATE:
            op.create_foreign_key(name, table, target, [column], ["id"])


def downgrade() -> None:
    """Move back."""
    if op.get_bind().dialect.name == "postgresql":
        for name, table, _, _ in LATE:
            op.drop_constraint(name, table, type_="foreignkey")
    for table in (
        "offer",
        "lead_event",
        "delivery",
        "answer",
        "membership",
        "lane",
        "handoff",
        "checklist",
        "pool",
        "person",
        "lead",
        "team",
        "playbook",
        "pace",
        "company",
        "arrival",
        "workspace",
    ):
        op.drop_table(table)
