"""What the pipeline holds, for whoever asks."""

from datetime import timedelta

import pytest

from qualification.handoffs import decisions, progress, snooze
from qualification.reporting import pipeline
from qualification.reporting.figures import Amount, GroupTally, Pipeline, Tally
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.refusals import NotForYou, UnknownPerson, UnknownWord
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK

TWO_TEAMS = (
    PLAYBOOK.replace(
        "people:\n",
        """  americas: {name: Americas, manager: UMARCUS, channel: "#sales-americas", zone: America/New_York}
default_team: emea
people:
  - {slack: UMARCUS, name: Marcus Hill, roles: [manager], team: americas}
  - {slack: UDAN, name: Dan Lee, roles: [rep], team: americas}
""",
    )
    .replace(
        "rules:\n",
        """  us: {name: US, team: americas, members: [UDAN]}
rules:
  - {name: US, when: {country: US}, pool: us}
""",
    )
    .replace('hours: {mon-fri: "09:00-17:00"}', 'hours: {mon-sun: "00:00-24:00"}')
)


@pytest.fixture
def sales(desk: Desk) -> Desk:
    """Give two teams with a few leads: won, lost, disqualified, open, waiting."""
    desk.publishes(TWO_TEAMS)
    won = desk.accepted_lead("Acme", value="1000", source="demo")
    desk.does(progress.set_stage, by=owner(desk, won), handoff_id=won, stage="won")
    lost = desk.accepted_lead("Bolt", value="500 USD", source="demo")
    desk.does(progress.lose, by=owner(desk, lost), handoff_id=lost, reason="price", note=None)
    opened = desk.accepted_lead("Core", value="2000")
    desk.does(progress.set_stage, by=owner(desk, opened), handoff_id=opened, stage="proposal-sent")
    handoff_id, offer_id = desk.offered("Dent", source="trial")
    desk.does(
        decisions.disqualify,
        by=desk.asked(handoff_id),
        handoff_id=handoff_id,
        offer_id=offer_id,
        reason="no-need",
        note=None,
    )
    desk.offered("Echo", country="US", value="70 USD")
    return desk


def owner(desk: Desk, handoff_id: int) -> str:
    found = desk.card(handoff_id).owner
    assert found is not None
    assert found.slack_user_id is not None
    return found.slack_user_id


def asks(desk: Desk, who: str, words: str = "") -> Pipeline:
    return desk.reads(lambda session: pipeline.ask(session, desk.workspace_id, who, words, now=desk.now))


def counts(group: GroupTally | None) -> tuple[int, int, int, int]:
    assert group is not None
    return group.waiting.count, group.open.count, group.won.count, group.lost.count


def test_an_administrator_sees_every_stage_with_its_count_and_value(sales: Desk) -> None:
    report = asks(sales, "UOLU")
    assert report.scope == "all"
    assert counts(report.total) == (1, 1, 1, 2)
    assert {each.key: each.tally for each in report.stages if each.tally.count} == {
        "waiting": Tally(1, (Amount(7000, "USD"),)),
        "proposal-sent": Tally(1, (Amount(200000, "EUR"),)),
        "won": Tally(1, (Amount(100000, "EUR"),)),
        "lost": Tally(1, (Amount(50000, "USD"),)),
        "disqualified": Tally(1),
    }
    assert [each.key for each in report.stages][:2] == ["waiting", "to-contact"]
    assert report.stages[-1].key == "disqualified"


def test_a_manager_sees_their_team_and_a_rep_their_own_with_the_teams_total(sales: Desk) -> None:
    assert counts(asks(sales, "UMAYA").total) == (0, 1, 1, 2)
    assert asks(sales, "UMAYA").teams == ("EMEA",)
    assert counts(asks(sales, "UMARCUS").total) == (1, 0, 0, 0)
    dan = asks(sales, "UDAN")
    assert (dan.scope, counts(dan.total), counts(dan.team)) == ("own", (1, 0, 0, 0), (1, 0, 0, 0))
    mine = [counts(asks(sales, rep).total) for rep in ("UANA", "UBEN", "UCHLOE")]
    assert tuple(map(sum, zip(*mine, strict=True))) == (0, 1, 1, 1)
    assert counts(asks(sales, "UANA").team) == (0, 1, 1, 2)


def test_marketing_sees_all_and_a_stranger_nothing(sales: Desk) -> None:
    assert asks(sales, "UMIKA").scope == "all"
    with pytest.raises(NotForYou):
        asks(sales, "USTRANGER")


@pytest.mark.parametrize(
    ("words", "names"),
    [("by team", ["EMEA", "Americas"]), ("by source", ["Demo request", "Trial started", None])],
)
def test_groups_are_named_the_largest_first_and_what_has_no_name_last(
    sales: Desk, words: str, names: list[str | None]
) -> None:
    assert [each.name for each in asks(sales, "UOLU", words).groups] == names


def test_by_rep_each_owner_has_a_row_and_what_nobody_has_is_the_last(sales: Desk) -> None:
    groups = asks(sales, "UOLU", "by rep").groups
    assert groups[-1].name is None
    assert counts(groups[-1]) == (1, 0, 0, 1)
    assert sum(each.won.count for each in groups) == 1


def test_what_a_rep_put_off_before_accepting_it_is_theirs(sales: Desk) -> None:
    handoff_id, offer_id = sales.offered("Fonz")
    rep = sales.asked(handoff_id)
    before = asks(sales, rep).total
    sales.does(snooze.snooze, by=rep, handoff_id=handoff_id, offer_id=offer_id, day="2027-03-01", note=None)
    mine = asks(sales, rep)
    assert (mine.total.snoozed.count, mine.total.waiting.count) == (1, before.waiting.count - 1)
    assert {each.lifecycle: each.count for each in mine.lifecycle}["nurture"] == 1
    assert asks(sales, "UMAYA", f"<@{rep}>").total.snoozed.count == 1
    by_rep = {each.name: each.snoozed.count for each in asks(sales, "UOLU", "by rep").groups}
    assert {name for name, count in by_rep.items() if count} == {sales.person(rep).name}


def test_somebody_by_name_is_for_managers_and_oneself(sales: Desk) -> None:
    owned = [asks(sales, "UMAYA", f"<@{rep}>") for rep in ("UANA", "UBEN", "UCHLOE")]
    assert sum(each.total.won.count for each in owned) == 1
    assert asks(sales, "UANA", "<@UANA>").rep is not None
    with pytest.raises(NotForYou):
        asks(sales, "UANA", "<@UBEN>")
    with pytest.raises(UnknownPerson):
        asks(sales, "UMAYA", "<@UNOBODY>")


def test_a_period_counts_what_was_handed_over_in_the_askers_days(sales: Desk) -> None:
    assert counts(asks(sales, "UOLU", "today").total) == (1, 1, 1, 2)
    assert counts(asks(sales, "UOLU", "yesterday").total) == (0, 0, 0, 0)
    sales.now += timedelta(days=1)
    assert counts(asks(sales, "UOLU", "yesterday").total) == (1, 1, 1, 2)
    assert counts(asks(sales, "UOLU", "today").total) == (0, 0, 0, 0)
    # Ten in the morning in London is five in New York: the same day there.
    assert counts(asks(sales, "UMARCUS", "yesterday").total) == (1, 0, 0, 0)


def test_a_wrong_word_is_told(sales: Desk) -> None:
    with pytest.raises(UnknownWord):
        asks(sales, "UOLU", "by moon")


def test_an_empty_pipeline_counts_nothing(desk: Desk) -> None:
    report = asks(desk, "UOLU")
    assert counts(report.total) == (0, 0, 0, 0)
    assert {each.tally.count for each in report.stages} == {0}
    assert asks(desk, "UOLU", "by rep").groups == ()


def test_another_workspace_is_not_counted(sales: Desk, other_desk: Desk) -> None:
    other_desk.offered("Acme")
    assert counts(asks(sales, "UOLU").total) == (1, 1, 1, 2)
    assert counts(asks(other_desk, "UOLU").total) == (1, 0, 0, 0)


def test_sums_are_in_the_playbooks_currency_as_far_as_it_has_rates(sales: Desk) -> None:
    sales.publishes(TWO_TEAMS.replace("version: 1\n", "version: 1\nrates: {USD: 0.5}\n"))
    report = asks(sales, "UOLU")
    assert report.total.lost.amounts == (Amount(25000, "EUR"),)
    assert report.total.waiting.amounts == (Amount(3500, "EUR"),)


def test_every_lead_is_at_one_station_and_a_lead_that_came_back_counts_once(sales: Desk) -> None:
    """A lost one is a lead again, and then an MQL again; one that only left an address is a subscriber."""
    sales.takes(LeadInput(email="new@company.example"))
    again = sales.accepted_lead("Fork", email="ivy@fork.example")
    sales.does(progress.lose, by=owner(sales, again), handoff_id=again, reason="price", note=None)
    sales.hands_over("Fork", email="ivy@fork.example")

    def stations(who: str) -> dict[str, int]:
        return {each.lifecycle: each.count for each in asks(sales, who).lifecycle if each.count}

    everybody = {"subscriber": 1, "lead": 1, "mql": 2, "opportunity": 1, "customer": 1, "disqualified": 1}
    assert stations("UOLU") == everybody
    assert stations("UMARCUS") == {"mql": 1}
    assert stations("UMAYA") == {"lead": 1, "mql": 1, "opportunity": 1, "customer": 1, "disqualified": 1}
    assert asks(sales, "UOLU", "<@UANA>").lifecycle == ()
    assert [each.lifecycle for each in asks(sales, "UOLU").lifecycle][:3] == ["subscriber", "lead", "mql"]


def test_a_lead_is_with_whom_it_is_live_however_late_the_other_handoff_came(sales: Desk) -> None:
    """Lost, it came back and was disqualified; then the first handoff was reopened."""
    first = sales.accepted_lead("Fork", email="ivy@fork.example")
    rep = owner(sales, first)
    sales.does(progress.lose, by=rep, handoff_id=first, reason="price", note=None)
    second, offer_id = sales.offered("Fork", email="ivy@fork.example")
    other = sales.asked(second)
    assert other != rep
    sales.does(decisions.disqualify, by=other, handoff_id=second, offer_id=offer_id, reason="no-need", note=None)
    before = {each.lifecycle: each.count for each in asks(sales, rep).lifecycle}
    sales.does(decisions.reopen, by=rep, handoff_id=first)
    report = asks(sales, rep)
    assert {each.lifecycle: each.count for each in report.lifecycle}["mql"] == before["mql"] + 1
    assert sum(each.count for each in report.lifecycle if each.lifecycle in {"mql", "sql", "opportunity"}) == (
        report.total.open.count + report.total.waiting.count
    )


def test_who_managed_a_team_that_is_no_more_sees_their_own(sales: Desk) -> None:
    rep = "  - {slack: UMARCUS, name: Marcus Hill, roles: [rep], team: emea}\n"
    sales.publishes(PLAYBOOK.replace("people:\n", f"people:\n{rep}"))
    assert asks(sales, "UMARCUS").scope == "own"
