"""Revision 0021: keys are folded anew, and every row stays, also where two come to one key."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

import migrations
from qualification.rules.values.normalization import fold_company, fold_mailbox, fold_name

AT = "2026-03-01 09:30:00"
WORKSPACE = (
    "INSERT INTO workspace (id, slack_team_id, name, delivery_namespace, created_at) VALUES (:id, :t, 'N', :t, :at)"
)
COMPANY = (
    "INSERT INTO company (id, workspace_id, name, name_key, domain)"
    " VALUES (:id, :workspace_id, :name, :name_key, :domain)"
)
LEAD = (
    "INSERT INTO lead (id, workspace_id, name, name_key, email, email_key, lifecycle, do_not_contact, score, version,"
    " fields, created_at, updated_at)"
    " VALUES (:id, :workspace_id, :name, :name_key, :email, :email_key, 'lead', :false, 0, 1, '{}', :at, :at)"
)
EMAILS = (
    "INSERT INTO lead_email (workspace_id, lead_id, email, email_key, name_key, by_hand, created_at)"
    " SELECT workspace_id, id, email, email_key, name_key, :false, created_at"
    " FROM lead WHERE email_key IS NOT NULL ORDER BY id"
)
PHONES = (
    "INSERT INTO lead_phone (workspace_id, lead_id, phone, phone_key, name_key, created_at)"
    " SELECT workspace_id, id, '+49 30 123456', '4930123456', name_key, created_at FROM lead"
)
COMPANIES = [
    (1, 1, "Çelik A.Ş.", "çelik aş", None),
    (2, 1, "Celik", "celik", None),
    (3, 1, "ООО Ромашка", "ооо ромашка", None),
    (4, 1, "Kestrel", "kestrel", "mail.kestrel.co.uk"),
    (5, 1, "Kestrel Ltd", "kestrel", "kestrel.co.uk"),
    (6, 1, "Dahl Netz", "dahl netz", "www2.xn--dhlnetz-5wa.example"),
    (7, 1, "Wix", "wix", "foo.wixsite.com"),
    (8, 2, "Celik AŞ", "celik aş", None),
    (9, 1, "Ромашка Инк", "ромашка инк", "romashka.example"),
]
LEADS = [
    (1, 1, "İrem Yıldız", "i\u0307rem yıldız", "irem.y@googlemail.com", "irem.y@googlemail.com"),
    (2, 1, "Irem Yildiz", "irem yildiz", "iremy@gmail.com", "iremy@gmail.com"),
    (3, 1, "Ole", "ole", "ole@xn--dhlnetz-5wa.example", "ole@xn--dhlnetz-5wa.example"),
    (4, 1, "Ole", "ole", "ole@dählnetz.example", "ole@dählnetz.example"),
    (5, 1, "Ivy", "ivy", "i.vy@gmail.com", "i.vy@gmail.com"),
    (6, 1, "Ivy", "ivy", "iv.y@gmail.com", "iv.y@gmail.com"),
    (7, 2, "Ivy", "ivy", "i.v.y@gmail.com", "i.v.y@gmail.com"),
    (8, 1, None, None, None, None),
]


@pytest.fixture
def old(database_url: str) -> Iterator[Engine]:
    """Give a database of the version before, with leads and companies whose keys it folded."""
    migrations.downgrade(database_url, "0020")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        for number in (1, 2):
            connection.execute(text(WORKSPACE), {"id": number, "t": f"T{number}", "at": AT})
        firm = ("id", "workspace_id", "name", "name_key", "domain")
        connection.execute(text(COMPANY), [dict(zip(firm, row, strict=True)) for row in COMPANIES])
        person = ("id", "workspace_id", "name", "name_key", "email", "email_key")
        leads = ({**dict(zip(person, row, strict=True)), "at": AT, "false": False} for row in LEADS)
        connection.execute(text(LEAD), [*leads])
        connection.execute(text(EMAILS), {"false": False})
        connection.execute(text(PHONES))
    yield engine
    engine.dispose()


def stored(engine: Engine, table: str) -> dict[int, dict[str, Any]]:
    """Read every row of a table by its id."""
    with engine.connect() as connection:
        return {row["id"]: dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()}  # noqa: S608


def test_keys_are_what_the_rules_fold_and_the_row_that_has_a_key_keeps_it(old: Engine, database_url: str) -> None:
    migrations.upgrade(database_url)
    leads, companies = stored(old, "lead"), stored(old, "company")
    assert {row: lead["name_key"] for row, lead in leads.items()} == {
        row: fold_name(name) if name else None for row, _, name, *_ in LEADS
    }
    assert {row: lead["email_key"] for row, lead in leads.items()} == {
        1: "irem.y@googlemail.com", 2: "iremy@gmail.com", 3: "ole@xn--dhlnetz-5wa.example", 4: "ole@dählnetz.example",
        5: "ivy@gmail.com", 6: "iv.y@gmail.com", 7: "ivy@gmail.com", 8: None,
    }  # fmt: skip
    for contacts, keys in (("lead_email", ("email_key", "name_key")), ("lead_phone", ("name_key",))):
        for row in stored(old, contacts).values():
            assert [row[key] for key in keys] == [leads[row["lead_id"]][key] for key in keys]
    assert leads[5]["email_key"] == fold_mailbox("i.vy@gmail.com")
    assert {row: company["name_key"] for row, company in companies.items()} == {
        1: "çelik aş", 2: "celik", 3: fold_company("Ромашка"), 4: "kestrel", 5: "kestrel", 6: "dahl netz", 7: "wix",
        8: "celik", 9: "ромашка инк",
    }  # fmt: skip
    assert {row: company["domain"] for row, company in companies.items() if company["domain"]} == {
        4: "mail.kestrel.co.uk", 5: "kestrel.co.uk", 6: "dählnetz.example", 7: "foo.wixsite.com", 9: "romashka.example",
    }  # fmt: skip
    assert migrations.drift(database_url) == []


def test_the_way_back_gives_every_lead_its_keys_again(old: Engine, database_url: str) -> None:
    before, addresses, numbers = (stored(old, table) for table in ("lead", "lead_email", "lead_phone"))
    migrations.upgrade(database_url)
    migrations.downgrade(database_url, "0020")
    assert (stored(old, "lead"), stored(old, "lead_email"), stored(old, "lead_phone")) == (before, addresses, numbers)
    companies = stored(old, "company")
    assert {row: each["name_key"] for row, each in companies.items()} == {row: key for row, _, _, key, _ in COMPANIES}
    migrations.upgrade(database_url)
    assert migrations.drift(database_url) == []
