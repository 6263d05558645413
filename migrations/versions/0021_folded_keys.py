"""Keys are folded anew: accents, more legal forms, googlemail and gmail, punycode, the domain that somebody registered.

The functions are those of the running version, and no copy of them: a key that is stored has to be the one that is
looked for. Every row stays. Where two rows come to one key that may stand once (the addresses of two leads, the domains
of two companies), the one that has it keeps it, else the older one gets it; the other keeps the key it has. It is not
found by that any more: whoever is described so is the first, and the two are proposed for merging.

Hashes of people who must not come back cannot be made anew; they are compared with both ways of folding
(`rules/values/former_folding.py`).

200,000 leads, each with an address and a number, and 50,000 companies, a fifth of them with another key, took 34 s on
SQLite (11 s of processor time) and 50 s on PostgreSQL (8 s), on two busy cores, and as long back; memory stays near
100 MB. A million rows take about five times as long: three to four minutes there.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from qualification.rules.values import former_folding
from qualification.rules.values.email_domains import is_shared, registrable
from qualification.rules.values.emails import fold_domain
from qualification.rules.values.normalization import fold_company, fold_mailbox, fold_name

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SLICE: Final = 5000
LONGEST: Final = {"name_key": 300, "email_key": 320, "domain": 253}
Fold = Callable[[str], str]


def upgrade() -> None:
    """Move forward."""
    _fold("lead", "name", "name_key", fold_name)
    _fold("lead", "email", "email_key", fold_mailbox, is_unique=True)
    _fold("lead_email", "email", "email_key", fold_mailbox, is_unique=True)
    # The names beside addresses and numbers are stored as keys alone.
    _fold("lead_email", "name_key", "name_key", fold_name)
    _fold("lead_phone", "name_key", "name_key", fold_name)
    _fold("company", "domain", "domain", _registered, is_unique=True)
    _fold("company", "name", "name_key", fold_company, is_unique=True, only_where="domain IS NULL")


def downgrade() -> None:
    """Move back: keys are folded as before.

    Domains of companies stay those that somebody registered. Beside addresses and numbers stands their lead's own name.
    """
    _fold("lead", "name", "name_key", former_folding.former_name)
    _fold("lead", "email", "email_key", former_folding.former_mailbox, is_unique=True)
    _fold("lead_email", "email", "email_key", former_folding.former_mailbox, is_unique=True)
    lead = sa.table("lead", sa.column("id"), sa.column("name_key"))
    for name in ("lead_email", "lead_phone"):
        contact = sa.table(name, sa.column("lead_id"), sa.column("name_key"))
        own = sa.select(lead.c.name_key).where(lead.c.id == contact.c.lead_id).scalar_subquery()
        # Empty means several names.
        op.execute(contact.update().where(contact.c.name_key != "").values(name_key=own))
    _fold("company", "name", "name_key", former_folding.former_company, is_unique=True, only_where="domain IS NULL")


def _registered(domain: str) -> str:
    """Return the registered domain; a place that counts as shared from now on stays, for leads are joined by it."""
    folded = fold_domain(domain)
    return domain if is_shared(folded) else registrable(folded)


def _fold(
    table_name: str, written: str, key: str, fold: Fold, *, is_unique: bool = False, only_where: str | None = None
) -> None:
    """Write `key` of each row as `fold` makes it of `written`, unless a row of its workspace has that key already."""
    connection = op.get_bind()
    table = sa.table(table_name, *(sa.column(name) for name in {"id", "workspace_id", "domain", written, key}))
    write = table.update().where(table.c.id == sa.bindparam("row_id")).values({key: sa.bindparam("folded")})
    for rows in _slices(connection, table, written, key):
        changed: dict[int, tuple[int, str, str | None]] = {
            row["id"]: (row["workspace_id"], folded, row.get("domain"))
            for row in rows
            if row[key] is not None and (folded := fold(row[written])[: LONGEST[key]]) and folded != row[key]
        }
        if is_unique:
            changed = dict(_without_taken(connection, table, key, changed, only_where))
        if changed:
            connection.execute(write, [{"row_id": row, "folded": folded} for row, (_, folded, _) in changed.items()])


def _slices(connection: sa.Connection, table: sa.TableClause, written: str, key: str) -> Iterator[list[dict[str, Any]]]:
    last = 0
    names = ["id", "workspace_id", written, key, *(["domain"] if table.name == "company" else [])]
    columns = [table.c[name] for name in dict.fromkeys(names)]
    while True:
        wanted = sa.select(*columns).where(table.c.id > last, table.c[written].is_not(None)).order_by(table.c.id)
        rows = [dict(row) for row in connection.execute(wanted.limit(SLICE)).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _without_taken(
    connection: sa.Connection,
    table: sa.TableClause,
    key: str,
    changed: Mapping[int, tuple[int, str, str | None]],
    only_where: str | None,
) -> Iterator[tuple[int, tuple[int, str, str | None]]]:
    """Yield the rows whose new key no other row has: neither one that is stored nor an older one of this slice."""
    wanted = sa.select(table.c.workspace_id, table.c[key]).where(
        table.c[key].in_(sa.bindparam("keys", expanding=True)), *([sa.text(only_where)] if only_where else ())
    )
    keys = sorted({folded for _, folded, _ in changed.values()})
    taken = {tuple(row) for row in connection.execute(wanted, {"keys": keys})} if keys else set()
    for row, (workspace_id, folded, domain) in changed.items():
        # The names of companies stand once among those without a domain.
        stands_once = only_where is None or domain is None
        if stands_once and (workspace_id, folded) in taken:
            continue
        if stands_once:
            taken.add((workspace_id, folded))
        yield row, (workspace_id, folded, domain)
