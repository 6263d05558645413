"""The workspace, its playbooks, teams, pools and people."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Json, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns
from qualification.rules.people.reachability import Unreachable


class Workspace(Base):
    """One Slack workspace that Baton serves."""

    __tablename__ = "workspace"
    personal = PersonalColumns(
        of_nobody=(
            "id",
            "slack_team_id",
            "name",
            "app_id",
            "bot_id",
            "bot_user_id",
            "token_digest",
            "delivery_namespace",
            "playbook_id",
            "last_error",
            "last_error_at",
            "created_at",
            "audit_cleaned_at",
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slack_team_id: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    app_id: Mapped[str | None] = mapped_column(String(32))
    bot_id: Mapped[str | None] = mapped_column(String(32))
    bot_user_id: Mapped[str | None] = mapped_column(String(32))
    token_digest: Mapped[str | None] = mapped_column(
        String(64), comment="SHA-256 of the bot token: knows the workspace again without asking Slack"
    )
    delivery_namespace: Mapped[str] = mapped_column(
        String(32), comment="random; makes this database's delivery ids unlike any other's"
    )
    playbook_id: Mapped[int | None] = mapped_column(
        ForeignKey("playbook.id", use_alter=True), comment="the newest published version"
    )
    last_error: Mapped[str | None] = mapped_column(
        String(100), comment="Slack's error that stops every call, such as token_revoked; NULL when well"
    )
    last_error_at: Mapped[datetime | None]
    audit_cleaned_at: Mapped[datetime | None] = mapped_column(
        comment="when the last old entry of the audit had been deleted; once a day"
    )
    created_at: Mapped[datetime]


class ApiKey(Base):
    """What lets a sender in over HTTP; the key itself is shown once, when it is made."""

    __tablename__ = "api_key"
    personal = PersonalColumns(
        of_sender=("name", "networks", "used_at"),
        of_nobody=(
            "id",
            "workspace_id",
            "digest",
            "hint",
            "publishable",
            "may_post",
            "may_read",
            "origins",
            "created_at",
            "expires_at",
            "superseded_at",
            "revoked_at",
        ),
    )
    __table_args__ = (
        Index("uq_api_key_digest", "digest", unique=True),
        Index(
            "uq_api_key_name",
            "workspace_id",
            "name",
            unique=True,
            sqlite_where=text("revoked_at is null and superseded_at is null"),
            postgresql_where=text("revoked_at is null and superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str] = mapped_column(String(80), comment="the sender it lets in")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the key")
    hint: Mapped[str] = mapped_column(String(12), comment="its first letters, to tell keys apart")
    publishable: Mapped[bool] = mapped_column(
        default=False, comment="anybody may read it: it lets in only what its sender posts"
    )
    may_post: Mapped[bool] = mapped_column(default=True, comment="may store something")
    may_read: Mapped[bool] = mapped_column(default=True, comment="may read leads")
    networks: Mapped[str | None] = mapped_column(
        Text, comment="the addresses that it may be used from, such as 203.0.113.0/24, with commas; NULL: anywhere"
    )
    origins: Mapped[str | None] = mapped_column(
        Text, comment="the pages that may use it, such as https://www.acme.example, with commas; NULL: any page"
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(
        comment="from then on it lets nobody in; NULL: it doesn't end by itself"
    )
    superseded_at: Mapped[datetime | None] = mapped_column(
        comment="when a newer key of the name took its place; until it expires it goes on beside that one"
    )
    used_at: Mapped[datetime | None] = mapped_column(comment="within a minute")
    revoked_at: Mapped[datetime | None]


class PlaybookVersion(Base):
    """A playbook as it was published; never changed afterwards."""

    __tablename__ = "playbook"
    personal = PersonalColumns(
        of_staff=("text", "published_by"),
        of_nobody=("id", "workspace_id", "digest", "published_at"),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "digest"),
        Index("uq_playbook_id", "workspace_id", "id", unique=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the file's text")
    text: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(200), comment="who ran the command")


class Team(Base):
    """People with a manager, a channel, a zone, a region and pools."""

    __tablename__ = "team"
    personal = PersonalColumns(
        of_staff=("manager_id",),
        of_nobody=("id", "workspace_id", "key", "name", "channel", "channel_id", "zone", "hours", "region", "active"),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("uq_team_id", "workspace_id", "id", unique=True),
        of_workspace("manager_id", "person", use_alter=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    key: Mapped[str] = mapped_column(String(80), comment="its name in the playbook")
    name: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(100), comment="as the playbook names it: #name or an id")
    channel_id: Mapped[str | None] = mapped_column(String(32), comment="Slack's id; NULL until it was looked up")
    zone: Mapped[str] = mapped_column(String(64))
    hours: Mapped[dict[str, Any]] = mapped_column(Json, comment="weekly hours as published")
    region: Mapped[str | None] = mapped_column(String(100))
    manager_id: Mapped[int | None] = mapped_column(Key, index=True)
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """Somebody in the workspace who acts: rep, manager, marketer, administrator, or none of these."""

    __tablename__ = "person"
    personal = PersonalColumns(
        of_staff=(
            "slack_user_id",
            "email",
            "name",
            "is_rep",
            "is_manager",
            "is_marketer",
            "is_admin",
            "team_id",
            "zone",
            "locale",
            "hours",
            "away_since",
            "away_until",
            "deactivated",
            "unreachable",
            "active",
            "dm_channel",
            "refreshed_at",
            "home_pages",
        ),
        of_nobody=("id", "workspace_id"),
    )
    __table_args__ = (
        Index("uq_person_slack_user_id", "workspace_id", "slack_user_id", unique=True),
        Index("uq_person_email", "workspace_id", "email", unique=True),
        Index("ix_person_team_id", "team_id"),
        Index("uq_person_id", "workspace_id", "id", unique=True),
        of_workspace("team_id", "team"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    slack_user_id: Mapped[str | None] = mapped_column(String(32), comment="NULL until Slack knows the e-mail")
    email: Mapped[str | None] = mapped_column(String(320), comment="lower case")
    name: Mapped[str] = mapped_column(String(200))
    is_rep: Mapped[bool] = mapped_column(default=False)
    is_manager: Mapped[bool] = mapped_column(default=False)
    is_marketer: Mapped[bool] = mapped_column(default=False)
    is_admin: Mapped[bool] = mapped_column(default=False)
    team_id: Mapped[int | None] = mapped_column(Key)
    zone: Mapped[str | None] = mapped_column(String(64), comment="from Slack; the team's until then")
    locale: Mapped[str | None] = mapped_column(String(16), comment="from Slack, such as de-DE")
    hours: Mapped[dict[str, Any] | None] = mapped_column(
        Json, comment="weekly hours as published: own, else the team's"
    )
    away_since: Mapped[datetime | None]
    away_until: Mapped[datetime | None] = mapped_column(comment="NULL while away: until they say they are back")
    deactivated: Mapped[bool] = mapped_column(default=False, comment="Slack says so")
    unreachable: Mapped[Unreachable | None] = mapped_column(
        choice(Unreachable),
        comment="why they can't be reached in Slack, beside being deactivated; NULL: they can, or nobody has asked yet",
    )
    active: Mapped[bool] = mapped_column(default=False, comment="named in the current playbook")
    dm_channel: Mapped[str | None] = mapped_column(String(32), comment="Slack's id of the direct message with the bot")
    refreshed_at: Mapped[datetime | None] = mapped_column(comment="when Slack was last asked about them")
    home_pages: Mapped[dict[str, int] | None] = mapped_column(
        Json, comment="which page of each list their Home tab shows; NULL: the first"
    )


class Pool(Base):
    """Reps who share a rule, and the count of turns dealt among them."""

    __tablename__ = "pool"
    personal = PersonalColumns(
        of_nobody=("id", "workspace_id", "team_id", "key", "name", "turns", "active"),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("uq_pool_id", "workspace_id", "id", unique=True),
        of_workspace("team_id", "team"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    team_id: Mapped[int] = mapped_column(Key)
    key: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    turns: Mapped[int] = mapped_column(default=0, comment="turns dealt so far; the next turn's number less one")
    active: Mapped[bool] = mapped_column(default=True)


class Membership(Base):
    """A rep's place in a pool's rotation."""

    __tablename__ = "membership"
    personal = PersonalColumns(
        of_staff=("pool_id", "person_id", "position", "last_turn", "active"),
        of_nobody=("id", "workspace_id"),
    )
    __table_args__ = (
        UniqueConstraint("pool_id", "person_id"),
        Index("ix_membership_person_id", "person_id"),
        of_workspace("pool_id", "pool"),
        of_workspace("person_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    pool_id: Mapped[int] = mapped_column(Key)
    person_id: Mapped[int] = mapped_column(Key)
    position: Mapped[int] = mapped_column(comment="order in the playbook; settles equal turns")
    last_turn: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="number of the last turn kept; the lowest is next"
    )
    active: Mapped[bool] = mapped_column(default=True)
