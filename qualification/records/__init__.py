"""The records; a file per subject. Importing this package makes every table known."""

from qualification.records.audit import AuditEntry
from qualification.records.base import Base
from qualification.records.checklists import Answer, Checklist
from qualification.records.contacts import DomainName, LeadEmail, LeadPhone
from qualification.records.deliveries import ChannelQueue, Delivery, DeliveryState, IdempotencyKey, Priority, RateLimit
from qualification.records.handoffs import IS_OPEN, NEAREST, WAITING_SINCE, Handoff, Offer, nearness, nearness_columns
from qualification.records.imports import ImportedRow, ImportRun
from qualification.records.leads import (
    IS_COUNTED,
    IS_GATED,
    Activity,
    Company,
    ExternalId,
    Lead,
    LeadEvent,
    Merge,
)
from qualification.records.rate_windows import RateWindow
from qualification.records.retention_runs import RetentionRun
from qualification.records.summaries import Summary
from qualification.records.suppressions import Suppression
from qualification.records.tasks import IS_OPEN_TASK, NEWEST_TASK, Task
from qualification.records.workspaces import ApiKey, Membership, Person, PlaybookVersion, Pool, Team, Workspace

__all__ = [
    "IS_COUNTED",
    "IS_GATED",
    "IS_OPEN",
    "IS_OPEN_TASK",
    "NEAREST",
    "NEWEST_TASK",
    "WAITING_SINCE",
    "Activity",
    "Answer",
    "ApiKey",
    "AuditEntry",
    "Base",
    "ChannelQueue",
    "Checklist",
    "Company",
    "Delivery",
    "DeliveryState",
    "DomainName",
    "ExternalId",
    "Handoff",
    "IdempotencyKey",
    "ImportRun",
    "ImportedRow",
    "Lead",
    "LeadEmail",
    "LeadEvent",
    "LeadPhone",
    "Membership",
    "Merge",
    "Offer",
    "Person",
    "PlaybookVersion",
    "Pool",
    "Priority",
    "RateLimit",
    "RateWindow",
    "RetentionRun",
    "Summary",
    "Suppression",
    "Task",
    "Team",
    "Workspace",
    "nearness",
    "nearness_columns",
]
