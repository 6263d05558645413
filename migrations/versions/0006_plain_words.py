"""Plain words: tables, columns, indexes and stored values take the names that the field uses.

Every row stays; only names and values change. PostgreSQL renames in place, and writes `delivery` anew, because nearly
every row of it changes. SQLite renames columns in place, and copies the four tables whose constraints carry the old
names. Other values change by one statement a table. With a million rows (150,000 leads, 100,000 handoffs, 450,000
events, 300,000 deliveries) one run took 23 s on SQLite and 25 s on PostgreSQL, and as long back, on two cores with
much else to do; SQLite used 4.4 s of processor time.
"""

import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = {"lane": "channel_queue", "pace": "rate_limit", "arrival": "idempotency_key"}
COLUMNS = {
    "delivery": {
        "lane_id": "queue_id",
        "urgency": "priority",
        "wanted": "desired_revision",
        "shown": "shown_revision",
        "began_at": "post_began_at",
        "recheck_at": "duplicate_check_at",
        "trouble": "last_error",
    },
    "rate_limit": {"trouble": "last_error"},
    "workspace": {"seal": "delivery_namespace", "trouble": "last_error", "trouble_at": "last_error_at"},
    "person": {"pages": "home_pages"},
    "lead": {"held_by": "gated_by"},
    "lead_merge": {"because": "reason", "taken": "taken_over"},
    "handoff": {
        "wake_at": "resume_at",
        "woken_at": "resumed_at",
        "queued_because": "queue_reason",
        "before": "before_decision",
    },
    "import_run": {"rows": "rows_done", "flawed": "rejected_rows"},
}
CONSTRAINTS = {
    "channel_queue": {
        "pk_lane": "pk_channel_queue",
        "fk_lane_person_id": "fk_channel_queue_person_id",
        "fk_lane_workspace_id": "fk_channel_queue_workspace_id",
        "uq_lane_workspace_id_place": "uq_channel_queue_workspace_id_place",
    },
    "rate_limit": {
        "pk_pace": "pk_rate_limit",
        "fk_pace_workspace_id": "fk_rate_limit_workspace_id",
        "uq_pace_workspace_id_method": "uq_rate_limit_workspace_id_method",
    },
    "idempotency_key": {
        "pk_arrival": "pk_idempotency_key",
        "fk_arrival_workspace_id": "fk_idempotency_key_workspace_id",
    },
    "delivery": {"fk_delivery_lane_id": "fk_delivery_queue_id"},
}
SEQUENCES = {"lane_id_seq": "channel_queue_id_seq", "pace_id_seq": "rate_limit_id_seq"}
# What is said of a column by its comment, before and after; SQLite keeps none.
COMMENTS = {
    "channel_queue.due_at": (
        "when its first delivery may be tried; NULL: nothing owed",
        "when its first delivery may be tried; NULL: nothing pending",
    ),
    "delivery.sequence": ("order within the lane", "order within the queue"),
    "delivery.duplicate_check_at": (
        "when to look for a twin of a message posted again",
        "when to look for a duplicate of a message posted again",
    ),
    "delivery.last_error": (
        "the last refusal; the reason while parked",
        "the last refusal; why it is a dead letter",
    ),
    "handoff.queue_reason": (
        "nobody_there, everyone_asked or pool_lapsed: why the manager was asked",
        "nobody_there, everyone_asked or pool_expired: why the manager was asked",
    ),
    "handoff.resume_at": (
        "not now: when it is offered again; NULL: it is not put off",
        "snoozed: when it is offered again; NULL: it is not",
    ),
    "handoff.resumed_at": (
        "when it last was; offers before that count no more",
        "when it last was offered again; offers before that count no more",
    ),
    "offer.why": (
        "turn, pool or manager: how they came to be asked",
        "turn, pool, manager or resumed: how they came to be asked",
    ),
    "offer.reason": ("why it was passed on", "why it was declined"),
    "import_run.rows_done": ("so many are done", "rows read so far"),
    "import_run.rejected_rows": (
        "so many of them were not taken, or not wholly",
        "rows of those not taken, or not wholly",
    ),
}

DELIVERY_STATES = {"owed": "pending", "settled": "delivered", "parked": "dead_letter"}
HANDOFF_STATES = {"queued": "manager_queue", "not_now": "snoozed"}
REASONS = {"pool_lapsed": "pool_expired"}
RESUMED = {"woken": "resumed"}
OUTCOMES = {"passed_on": "declined", "lapsed": "expired", "put_off": "snoozed"}
KINDS = {
    "held": "gated",
    "let_go": "released",
    "passed_on": "declined",
    "lapsed": "expired",
    "not_now": "snoozed",
    "woken": "resumed",
    "left_asleep": "snooze_dropped",
    "queued": "queued_for_manager",
}
# An index is its table, its columns and its condition: those change with the names.
OLD_INDEXES = {
    "ix_lane_due": ("lane", ("workspace_id", "due_at"), "due_at is not null"),
    "ix_delivery_owed": ("delivery", ("lane_id", "urgency", "sequence"), "state = 'owed'"),
    "ix_delivery_recheck": ("delivery", ("workspace_id", "recheck_at"), "recheck_at is not null"),
    "ix_delivery_parked": ("delivery", ("workspace_id",), "state = 'parked'"),
    "uq_handoff_live": ("handoff", ("lead_id",), "state in ('offered', 'pooled', 'queued', 'accepted')"),
    "ix_handoff_wake": ("handoff", ("workspace_id", "wake_at"), "wake_at is not null"),
    "ix_lead_held_by": ("lead", ("workspace_id", "held_by"), "held_by is not null and merged_into_id is null"),
    "ix_lead_event_held": ("lead_event", ("workspace_id", "at", "id"), "kind = 'held'"),
}
NEW_INDEXES = {
    "ix_channel_queue_due": ("channel_queue", ("workspace_id", "due_at"), "due_at is not null"),
    "ix_delivery_pending": ("delivery", ("queue_id", "priority", "sequence"), "state = 'pending'"),
    "ix_delivery_duplicate_check": (
        "delivery",
        ("workspace_id", "duplicate_check_at"),
        "duplicate_check_at is not null",
    ),
    "ix_delivery_dead_letter": ("delivery", ("workspace_id",), "state = 'dead_letter'"),
    "uq_handoff_live": ("handoff", ("lead_id",), "state in ('offered', 'pooled', 'manager_queue', 'accepted')"),
    "ix_handoff_resume": ("handoff", ("workspace_id", "resume_at"), "resume_at is not null"),
    "ix_lead_gated_by": ("lead", ("workspace_id", "gated_by"), "gated_by is not null and merged_into_id is null"),
    "ix_lead_event_gated": ("lead_event", ("workspace_id", "at", "id"), "kind = 'gated'"),
}

# Whoever waits longer than this for one step is told which it is.
PATIENCE = 3.0


def upgrade() -> None:
    """Move forward: names first, then the values that are stored under them."""
    _drop(OLD_INDEXES)
    if _sqlite():
        for old, new in TABLES.items():
            _copy(old, new, {**COLUMNS.get(new, {}), **CONSTRAINTS[new]})
        _copy(
            "delivery",
            "delivery",
            {**COLUMNS["delivery"], **CONSTRAINTS["delivery"], **TABLES},
            state=DELIVERY_STATES,
            kind=RESUMED,
        )
    else:
        for old, new in TABLES.items():
            op.rename_table(old, new)
        for table, constraints in CONSTRAINTS.items():
            for old, new in constraints.items():
                op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
        for old, new in SEQUENCES.items():
            op.execute(f"ALTER SEQUENCE IF EXISTS {old} RENAME TO {new}")
        _rename_columns("delivery", COLUMNS["delivery"])
        _rename_columns("rate_limit", COLUMNS["rate_limit"])
        _rewrite("delivery", state=(DELIVERY_STATES, 20), kind=(RESUMED, 40))
    for table, columns in COLUMNS.items():
        if table not in {"delivery", "rate_limit"}:
            _rename_columns(table, columns)
    _comment(after=True)
    _change("handoff", state=HANDOFF_STATES, queue_reason=REASONS)
    _change("offer", outcome=OUTCOMES, why=RESUMED)
    _change_json("handoff", "before_decision", "state", HANDOFF_STATES)
    _change_events(KINDS, HANDOFF_STATES, REASONS, queued="queued", key=("because", "reason"))
    _change_figures(HANDOFF_STATES)
    _change_pages("asleep", "snoozed")
    _create(NEW_INDEXES)


def downgrade() -> None:
    """Move back, by the same steps the other way round."""
    _drop(NEW_INDEXES)
    _change_pages("snoozed", "asleep")
    _change_figures(_back(HANDOFF_STATES))
    _change_events(
        _back(KINDS),
        _back(HANDOFF_STATES),
        _back(REASONS),
        queued="queued_for_manager",
        key=("reason", "because"),
    )
    _change_json("handoff", "before_decision", "state", _back(HANDOFF_STATES))
    _change("offer", outcome=_back(OUTCOMES), why=_back(RESUMED))
    _change("handoff", state=_back(HANDOFF_STATES), queue_reason=_back(REASONS))
    _comment(after=False)
    for table, columns in COLUMNS.items():
        if table not in {"delivery", "rate_limit"}:
            _rename_columns(table, _back(columns))
    if _sqlite():
        for old, new in TABLES.items():
            _copy(new, old, _back({**COLUMNS.get(new, {}), **CONSTRAINTS[new]}))
        _copy(
            "delivery",
            "delivery",
            _back({**COLUMNS["delivery"], **CONSTRAINTS["delivery"], **TABLES}),
            state=_back(DELIVERY_STATES),
            kind=_back(RESUMED),
        )
    else:
        _rewrite("delivery", state=(_back(DELIVERY_STATES), 20), kind=(_back(RESUMED), 40))
        _rename_columns("rate_limit", _back(COLUMNS["rate_limit"]))
        _rename_columns("delivery", _back(COLUMNS["delivery"]))
        for old, new in SEQUENCES.items():
            op.execute(f"ALTER SEQUENCE IF EXISTS {new} RENAME TO {old}")
        for table, constraints in CONSTRAINTS.items():
            for old, new in constraints.items():
                op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
        for old, new in TABLES.items():
            op.rename_table(new, old)
    _create(OLD_INDEXES)


def _sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _back(names: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Say which step it is that takes more than a few seconds."""
    began = time.monotonic()
    timer = threading.Timer(PATIENCE, lambda: sys.stderr.write(f"0006: {what} …\n"))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if (elapsed := time.monotonic() - began) > PATIENCE:
        sys.stderr.write(f"0006: {what}: {elapsed:.0f} s\n")


def _drop(indexes: Mapping[str, tuple[str, tuple[str, ...], str]]) -> None:
    for name, (table, _, _) in indexes.items():
        op.drop_index(name, table)


def _create(indexes: Mapping[str, tuple[str, tuple[str, ...], str]]) -> None:
    for name, (table, columns, condition) in indexes.items():
        with _saying(f"index {name}"):
            op.create_index(
                name,
                table,
                list(columns),
                unique=name.startswith("uq_"),
                sqlite_where=sa.text(condition),
                postgresql_where=sa.text(condition),
            )


def _rename_columns(table: str, columns: Mapping[str, str]) -> None:
    for old, new in columns.items():
        op.execute(f'ALTER TABLE {table} RENAME COLUMN "{old}" TO "{new}"')


def _copy(old: str, new: str, words: Mapping[str, str], **values: Mapping[str, str]) -> None:
    """Copy a table of SQLite's under new names and with new values: it renames no constraint in place."""
    connection = op.get_bind()
    made, indexes = _definitions(old)
    renamed = re.compile(r"\b(" + "|".join(map(re.escape, [*words, old])) + r")\b(?!')")
    table = f"{new}_copied"
    names = {**words, old: new}

    def rename(sql: str) -> str:
        return renamed.sub(lambda found: names[found[1]], sql)

    columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({old})")]
    targets = ", ".join(f'"{names.get(each, each) if each in words else each}"' for each in columns)
    sources = ", ".join(_case(each, values[each]) if each in values else f'"{each}"' for each in columns)
    with _saying(f"table {new}"):
        # The head of the definition names the table; what it refers to itself by keeps its name.
        head, body = made.split("(", 1)
        del head
        connection.exec_driver_sql(f"CREATE TABLE {table} ({rename(body)}")
        connection.exec_driver_sql(f"INSERT INTO {table} ({targets}) SELECT {sources} FROM {old} ORDER BY rowid")  # nosec B608  # noqa: S608 - our own names
        connection.exec_driver_sql(f"DROP TABLE {old}")
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {new}")
    for index in indexes:
        with _saying(f"an index of {new}"):
            connection.exec_driver_sql(rename(index))


def _definitions(table: str) -> tuple[str, list[str]]:
    """Return how SQLite has a table and its indexes written down."""
    kept = op.get_bind().exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY name", (table,)
    )
    found = [tuple(row) for row in kept]
    return next(sql for kind, sql in found if kind == "table"), [sql for kind, sql in found if kind == "index"]


def _case(column: str, values: Mapping[str, str]) -> str:
    whens = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in values.items())
    return f'CASE "{column}" {whens} ELSE "{column}" END'


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _change(table: str, **columns: Mapping[str, str]) -> None:
    """Change stored values, all of a table's by one statement that touches only the rows that have one."""
    changed = ", ".join(f'"{column}" = {_case(column, values)}' for column, values in columns.items())
    having = " OR ".join(f'"{column}" IN ({_listed(values)})' for column, values in columns.items())
    with _saying(f"values of {table}"):
        op.execute(f"UPDATE {table} SET {changed} WHERE {having}")  # nosec B608  # noqa: S608 - our own words


def _rewrite(table: str, **columns: tuple[Mapping[str, str], int]) -> None:
    """Change text values in nearly every row: PostgreSQL writes the whole table anew sooner than row by row."""
    changes = ", ".join(
        f"ALTER COLUMN {column} TYPE varchar({length}) USING {_case(column, values)}"
        for column, (values, length) in columns.items()
    )
    with _saying(f"values of {table}"):
        op.execute(f"ALTER TABLE {table} {changes}")


def _change_json(table: str, column: str, key: str, values: Mapping[str, str]) -> None:
    """Change what stands under a key of JSON objects."""
    if _sqlite():
        found, changed = f"json_extract({column}, '$.{key}')", f"json_set({column}, '$.{key}', {{}})"
    else:
        found, changed = f"({column} ->> '{key}')", f"jsonb_set({column}, '{{{{{key}}}}}', to_jsonb({{}}))"
    whens = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in values.items())
    case = f"CASE {found} {whens} END" if _sqlite() else f"(CASE {found} {whens} END)::text"
    with _saying(f"{key} in {table}.{column}"):
        op.execute(
            f"UPDATE {table} SET {column} = {changed.format(case)} WHERE {found} IN ({_listed(values)})"  # nosec B608  # noqa: S608 - our own words
        )


def _change_events(
    kinds: Mapping[str, str],
    states: Mapping[str, str],
    reasons: Mapping[str, str],
    *,
    queued: str,
    key: tuple[str, str],
) -> None:
    """Change what events are called and what they tell: why the manager was asked, why leads were merged, what was."""
    old_key, new_key = key
    if _sqlite():
        told = f"json_extract(facts, '$.{old_key}')"
        reason = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in reasons.items())
        facts = f"json_set(json_remove(facts, '$.{old_key}'), '$.{new_key}', CASE {told} {reason} ELSE {told} END)"
    else:
        told = f"(facts ->> '{old_key}')"
        reason = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in reasons.items())
        facts = f"(facts - '{old_key}') || jsonb_build_object('{new_key}', CASE {told} {reason} ELSE {told} END)"
    whens = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in kinds.items())
    with _saying("kinds and facts of lead_event"):
        op.execute(
            f"UPDATE lead_event SET facts = CASE WHEN kind IN ('{queued}', 'merged') AND {told} IS NOT NULL"  # nosec B608  # noqa: S608 - our own words
            f" THEN {facts} ELSE facts END, kind = CASE kind {whens} ELSE kind END"
            f" WHERE kind IN ({_listed(kinds)}, 'merged')"
        )
    was = "json_extract(facts, '$.was')" if _sqlite() else "(facts ->> 'was')"
    case = f"CASE {was} " + " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in states.items()) + " END"
    changed = (
        f"json_set(facts, '$.was', {case})" if _sqlite() else f"jsonb_set(facts, '{{was}}', to_jsonb(({case})::text))"
    )
    with _saying("states that events tell of"):
        op.execute(
            f"UPDATE lead_event SET facts = {changed}"  # nosec B608  # noqa: S608 - our own words
            f" WHERE kind IN ('undone', 'reopened') AND {was} IN ({_listed(states)})"
        )


def _change_figures(states: Mapping[str, str]) -> None:
    """Change why the leads of a summary wait: the states that its figures keep."""
    whens = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in states.items())
    if _sqlite():
        why = "json_extract(each.value, '$.why')"
        row = f"json_set(each.value, '$.why', CASE {why} {whens} ELSE {why} END)"
        waiting = f"SELECT json_group_array(json({row})) FROM (SELECT value FROM json_each(figures, '$.waiting') ORDER BY key) AS each"  # nosec B608  # noqa: E501, S608 - our own words
        op.execute(
            f"UPDATE summary SET figures = json_set(figures, '$.waiting', json(({waiting})))"  # nosec B608  # noqa: S608 - our own words
            " WHERE json_array_length(figures, '$.waiting') > 0"
        )
        return
    why = "each.value ->> 'why'"
    row = f"jsonb_set(each.value, '{{why}}', to_jsonb((CASE {why} {whens} ELSE {why} END)::text))"
    waiting = f"SELECT jsonb_agg({row} ORDER BY each.place) FROM jsonb_array_elements(figures -> 'waiting') WITH ORDINALITY AS each (value, place)"  # nosec B608  # noqa: E501, S608 - our own words
    op.execute(
        f"UPDATE summary SET figures = jsonb_set(figures, '{{waiting}}', ({waiting}))"  # nosec B608  # noqa: S608 - our own words
        " WHERE jsonb_typeof(figures -> 'waiting') = 'array' AND jsonb_array_length(figures -> 'waiting') > 0"
    )


def _change_pages(old: str, new: str) -> None:
    """Change what a list of the Home tab is called by the page that somebody has turned to."""
    if _sqlite():
        page = f"json_extract(home_pages, '$.{old}')"
        op.execute(
            f"UPDATE person SET home_pages = json_set(json_remove(home_pages, '$.{old}'), '$.{new}', {page})"  # nosec B608  # noqa: S608 - our own words
            f" WHERE {page} IS NOT NULL"
        )
        return
    op.execute(
        f"UPDATE person SET home_pages = (home_pages - '{old}') || jsonb_build_object('{new}', home_pages -> '{old}')"  # nosec B608  # noqa: S608 - our own words
        f" WHERE home_pages -> '{old}' IS NOT NULL"
    )


def _comment(*, after: bool) -> None:
    if _sqlite():
        return
    for place, comments in COMMENTS.items():
        table, column = place.split(".")
        said = comments[after].replace("'", "''")
        op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{said}'")
