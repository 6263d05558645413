"""Whatever strangers send, in whatever order: nothing raises, no lead is lost, and two people never become one."""

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.leads import merging
from qualification.records import Lead, LeadEmail, rows
from qualification.rules.intake import lenient
from qualification.rules.intake.row_errors import InvalidRow
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.leads.likeness import names_differ
from qualification.rules.values.normalization import fold_mailbox, fold_name
from tests.worlds.desk import Desk, open_desk

_workspaces = itertools.count(1)

ADDRESSES = st.sampled_from(
    ["a@acme.example", "b@bolt.example", "B+x@bolt.example", "c@gmail.com", "info@acme.example"]
)
# Few of each, so that ids, numbers, companies and shared mailboxes meet other people all the time.
SAID = {
    "id": st.sampled_from(["7", "6,68611E+16"]),
    "email": ADDRESSES,
    "emails": st.lists(ADDRESSES, max_size=2),
    "name": st.sampled_from(["Ivy Chen", "ivy chen", "Ivy", "Bo Li", "Zoe Li", "I. Chen"]),
    "phone": st.sampled_from(["+49 30 901820", "0049 30 901820", "0000000", "call me"]),
    "company": st.sampled_from(["Acme", "Acme Ltd", "Bolt"]),
    "website": st.sampled_from(["acme.example", "https://www.bolt.example", "linkedin.com/company/bolt"]),
    "country": st.sampled_from(["DE", "Germany"]),
}
PEOPLE = st.fixed_dictionaries({}, optional=SAID)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ANYTHING = st.dictionaries(
    st.sampled_from([*LeadInput.model_fields]) | st.text(max_size=8),
    JSON | ADDRESSES | SAID["name"] | SAID["phone"] | st.text(min_size=300, max_size=400),
    max_size=8,
)


def elsewhere(desk: Desk) -> Desk:
    """Open another workspace, where nobody is known yet."""
    return open_desk(desk.database, f"TSTRANGE{next(_workspaces)}")


def leads_of(desk: Desk, entries: Sequence[LeadInput], batches: int) -> list[int]:
    """Take the entries in, so many at a time, and return the lead of each as it is in the end."""
    taken: list[int] = []
    for start in range(0, len(entries), batches):
        for result in desk.does(ingest.ingest, sender="web", entries=[*entries[start : start + batches]]):
            assert isinstance(result, Ingested), result
            taken.append(result.lead_id)
    with desk.database.snapshot() as session:
        found = [merging.root(session, rows.get_one(session, Lead, each, desk.workspace_id)) for each in taken]
        return [lead.id for lead in found if lead is not None]


def are_two_people(one: LeadInput, other: LeadInput) -> bool:
    """Say whether the two differ in address and in name."""
    mailboxes = [{fold_mailbox(each) for each in (said.email, *said.emails) if each} for said in (one, other)]
    names = [fold_name(said.name) if said.name else None for said in (one, other)]
    return all(mailboxes) and not mailboxes[0] & mailboxes[1] and names_differ(*names)


def somebody(said: dict[str, Any]) -> LeadInput | None:
    """Read what was said; None where nobody can be found in it."""
    try:
        return lenient.read(LeadInput, said)
    except InvalidRow:
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PEOPLE.map(somebody), min_size=2, max_size=8), st.sampled_from([1, 3, 8]))
def test_two_people_who_differ_in_address_and_name_are_never_one(
    desk: Desk, said: list[LeadInput | None], batches: int
) -> None:
    entries = [entry for entry in said if entry is not None]
    here = elsewhere(desk)
    found = leads_of(here, entries, batches)
    assert len(found) == len(entries)
    for (one, lead), (other, another) in itertools.combinations(zip(entries, found, strict=True), 2):
        assert lead != another or not are_two_people(one, other)
    given_addresses = {fold_mailbox(each) for entry in entries for each in (entry.email, *entry.emails) if each}
    ours = here.all(LeadEmail, LeadEmail.workspace_id == here.workspace_id)
    assert {each.email_key for each in ours} == given_addresses


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANYTHING, min_size=1, max_size=4))
def test_whatever_somebody_sends_nothing_raises_and_whoever_is_found_in_it_is_a_lead(
    desk: Desk, sent: list[dict[str, Any]]
) -> None:
    entries = [entry for each in sent if (entry := somebody(each)) is not None]
    assert len(leads_of(elsewhere(desk), entries, 4)) == len(entries)
