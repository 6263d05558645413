"""`baton import` on the opportunities of a real CRM: 8,800 rows, compared with an independent reading of the files."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import select

from qualification.records import (
    Activity,
    ChannelQueue,
    Company,
    Delivery,
    ExternalId,
    Handoff,
    ImportRun,
    Lead,
    Offer,
    Person,
    Team,
)
from sandbox.server import Sandbox
from tests.evidence import crm, pipeline
from tests.evidence.commands import CommandLine, Contents, open_command_line
from tests.evidence.pipeline import Opportunity, sums
from tests.evidence.sales import MARKETER, Sales, nearest_country
from tests.worlds.office import serve

# The rows of a table by their titles.
Figures: TypeAlias = Mapping[str, list[Decimal]]

MAP = "maven-crm.yaml"
# The zone in the import map: the days in the files are the seller's.
ZONE = ZoneInfo("America/New_York")
NOON = time(12)
# What each stage of the files becomes: the stage, the handoff's state, the lead's lifecycle.
BECOMES = {
    "Prospecting": ("to-contact", "accepted", "mql"),
    "Engaging": ("contacted", "accepted", "mql"),
    "Won": ("won", "won", "customer"),
    "Lost": ("lost", "lost", "lead"),
}
SUMMED: dict[str, Callable[[Opportunity], str]] = {
    "stage": lambda each: each.stage,
    "agent": lambda each: each.agent,
    "manager": lambda each: each.manager,
    "office": lambda each: each.office,
    "product": lambda each: each.product,
    "sector": lambda each: each.sector,
    "month of closing": lambda each: each.month,
}
STAGES = {"Prospecting": "To contact", "Engaging": "Contacted", "Won": "Won", "Lost": "Lost"}
PRINTED = ("stage", "manager", "product", "sector")


@dataclass(frozen=True)
class BroughtIn:
    """An import of the file: when it ran, what it printed, what was stored then."""

    line: CommandLine
    began: datetime
    ended: datetime
    said: str
    contents: Contents


@dataclass(frozen=True)
class Deal:
    """An opportunity as Baton keeps it."""

    lead: Lead
    handoff: Handoff
    owner: Person
    team: Team
    company: Company | None

    def as_opportunity(self) -> Opportunity:
        """Return it in the terms of the files; the country is its code."""
        lead, handoff, company = self.lead, self.handoff, self.company
        stages = {stage: name for name, (stage, *_) in BECOMES.items()}
        return Opportunity(
            id=handoff.external_id or "",
            agent=self.owner.name,
            manager=self.team.name,
            office=lead.fields["regional_office"],
            product=lead.fields["product"],
            company=company.name if company else "",
            sector=lead.fields.get("sector", ""),
            country=(company.country or "") if company else "",
            employees=company.size if company else None,
            stage=stages[handoff.stage or ""],
            engaged=handoff.announced_at.astimezone(ZONE).date(),
            closed=handoff.ended_at.astimezone(ZONE).date() if handoff.ended_at else None,
            value=None if lead.value_minor is None else Decimal(lead.value_minor) / 100,
        )


@pytest.fixture(scope="module")
def opportunities(data: Path) -> tuple[Opportunity, ...]:
    """Return the opportunities, read without Baton."""
    return pipeline.read(data / "maven-crm")


@pytest.fixture(scope="module")
def brought_in(data: Path, engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BroughtIn]:
    """Publish the playbook and import the file, by the command line."""
    sales = Sales(crm.read(data / "maven-crm"))
    with open_command_line(tmp_path_factory.mktemp("pipeline"), engine_url, [sales.workspace()]) as line:
        line.publish(pipeline.playbook(sales.crm.agents, ZONE.key))
        began, started = datetime.now(UTC), monotonic()
        said = line.brings_in(data / "maven-crm" / "sales_pipeline.csv", MAP).stdout
        engine = "SQLite" if line.database.is_sqlite else "PostgreSQL"
        print(f"\n{engine}: 8,800 opportunities imported in {monotonic() - started:.0f} s")
        yield BroughtIn(line, began, datetime.now(UTC), said, line.contents())


@pytest.fixture(scope="module")
def deals(brought_in: BroughtIn) -> list[Deal]:
    """Return the stored deals, by id."""
    wanted = (
        select(Lead, Handoff, Person, Team, Company)
        .join(Handoff, Handoff.lead_id == Lead.id)
        .join(Person, Person.id == Handoff.owner_id)
        .join(Team, Team.id == Handoff.team_id)
        .outerjoin(Company, Company.id == Lead.company_id)
        .order_by(Handoff.id)
    )
    return brought_in.line.reads(lambda session: [Deal(*row) for row in session.execute(wanted)])


def test_the_pipeline_is_the_one_that_was_meant(opportunities: tuple[Opportunity, ...]) -> None:
    assert len(opportunities) == len({each.id for each in opportunities}) == 8800
    stages = Counter(each.stage for each in opportunities)
    assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
    assert sum(each.company == "" for each in opportunities) == 1425


def test_every_row_comes_in_as_a_lead_with_its_deal_and_the_command_says_so(brought_in: BroughtIn) -> None:
    assert "8,800 rows. New leads: 8,800, known leads: 0." in brought_in.said
    assert "Activities: 0. Deals: 8,800. Left out: 0." in brought_in.said
    assert len(brought_in.line.all(Lead)) == len(brought_in.line.all(Handoff)) == 8800
    (run,) = brought_in.line.all(ImportRun)
    assert (run.rows_done, run.rejected_rows, run.report_bytes) == (8800, 0, 0)


def test_every_deal_says_what_its_row_says(
    deals: list[Deal], opportunities: tuple[Opportunity, ...], brought_in: BroughtIn
) -> None:
    """Other tests check the countries, and the day of those who are only being prospected."""
    stored = {each.id: each for each in (deal.as_opportunity() for deal in deals)}
    assert len(deals) == len(stored) == 8800
    days = (brought_in.began.astimezone(ZONE).date(), brought_in.ended.astimezone(ZONE).date())
    for each in opportunities:
        found = stored[each.id]
        assert found.engaged in ((each.engaged,) if each.engaged else days)
        assert found == replace(each, engaged=found.engaged, country=found.country)


@pytest.mark.parametrize("name", SUMMED)
def test_counts_and_values_add_up_to_those_of_the_file(
    name: str, deals: list[Deal], opportunities: tuple[Opportunity, ...]
) -> None:
    found = sums((deal.as_opportunity() for deal in deals), SUMMED[name])
    assert found == sums(opportunities, SUMMED[name])
    if name in PRINTED:
        table = Table(name, Column("deals", justify="right"), Column("value", justify="right"))
        for what, (count, value) in sorted(found.items()):
            table.add_row(what or "none", f"{count:,}", f"{value:,}")
        print()
        Console(width=100).print(table)


def test_words_that_are_spelt_two_ways_are_spelt_one_way(deals: list[Deal]) -> None:
    assert "GTX Pro" in {deal.lead.fields["product"] for deal in deals}
    assert "technology" in {deal.lead.fields.get("sector") for deal in deals}
    assert not {"GTXPro", "technolgy"} & {*(value for deal in deals for value in deal.lead.fields.values())}


def test_money_is_in_the_currency_of_the_playbook_and_a_blank_is_none(deals: list[Deal]) -> None:
    """In the files lost deals have 0, and open ones a blank."""
    assert {(deal.lead.currency, deal.lead.value_minor is None) for deal in deals} == {("USD", False), (None, True)}
    assert {deal.handoff.state.value for deal in deals if deal.lead.value_minor is None} == {"accepted"}


def test_there_is_a_company_for_each_account_and_none_for_a_blank(
    deals: list[Deal], data: Path, brought_in: BroughtIn
) -> None:
    accounts = {account.name: account for account in crm.read(data / "maven-crm").accounts}
    companies = brought_in.line.all(Company)
    assert len(companies) == len(accounts) == 85
    assert sum(deal.company is None for deal in deals) == 1425
    for company in companies:
        account = accounts[company.name]
        assert company.size == account.employees
        assert nearest_country(account.country) in Locale("en").territories[company.country or ""]


def test_the_days_are_noon_where_the_seller_is(deals: list[Deal]) -> None:
    for deal in deals:
        handoff = deal.handoff
        moments = [handoff.announced_at] if handoff.stage != "to-contact" else []
        moments += [handoff.ended_at] if handoff.ended_at else []
        assert {moment.astimezone(ZONE).time() for moment in moments} <= {NOON}
        assert handoff.accepted_at == handoff.announced_at
        assert deal.lead.created_at == handoff.announced_at


def test_each_stage_puts_its_lead_where_it_belongs(deals: list[Deal], opportunities: tuple[Opportunity, ...]) -> None:
    stages = {each.id: each.stage for each in opportunities}
    found = Counter(
        (
            deal.handoff.stage,
            deal.handoff.state.value,
            deal.lead.lifecycle.value,
            stages[deal.handoff.external_id or ""],
        )
        for deal in deals
    )
    assert found == {(*BECOMES[stage], stage): count for stage, count in Counter(stages.values()).items()}


def test_who_is_only_being_prospected_has_an_owner_and_the_day_of_the_import(
    deals: list[Deal], brought_in: BroughtIn
) -> None:
    prospects = [deal for deal in deals if deal.handoff.stage == "to-contact"]
    assert len(prospects) == 500
    for deal in prospects:
        assert deal.owner.active
        assert brought_in.began <= deal.handoff.announced_at <= brought_in.ended


def test_nobody_has_left_who_is_on_a_team_and_no_person_is_made_twice(brought_in: BroughtIn, data: Path) -> None:
    agents = crm.read(data / "maven-crm").agents
    people = Counter(person.name for person in brought_in.line.all(Person))
    named = {MARKETER} | {agent.name for agent in agents} | {agent.manager for agent in agents}
    assert people == dict.fromkeys(named, 1)


def test_nobody_is_told_and_nobody_is_asked(brought_in: BroughtIn) -> None:
    assert brought_in.line.all(Offer) == []
    assert brought_in.line.all(Activity) == []
    assert brought_in.line.all(Delivery) == []
    assert brought_in.line.all(ChannelQueue) == []


def test_the_ids_are_those_of_the_file(brought_in: BroughtIn, opportunities: tuple[Opportunity, ...]) -> None:
    ids = brought_in.line.all(ExternalId)
    assert {each.sender for each in ids} == {"sales_pipeline"}
    assert {each.external_id for each in ids} == {each.id for each in opportunities}
    assert len({each.lead_id for each in ids}) == len(ids)


def test_brought_in_again_it_changes_nothing(brought_in: BroughtIn, data: Path) -> None:
    file = data / "maven-crm" / "sales_pipeline.csv"
    assert "Every row of this file was already imported" in brought_in.line.brings_in(file, MAP).stdout
    said = brought_in.line.brings_in(file, MAP, "--again").stdout
    assert "New leads: 0, known leads: 8,800. Activities: 0. Deals: 0." in said
    assert brought_in.line.contents() == brought_in.contents


@pytest.fixture(scope="module")
def slack(brought_in: BroughtIn) -> Iterator[Sandbox]:
    """Run the bot on what was imported, with all people looked up in Slack."""
    line = brought_in.line
    with serve(line.slack, line.slack.clock, line.environ["DATABASE_URL"], playbook=None) as baton:
        while baton.directories[0].look_up():
            pass
        yield line.slack


def ask(slack: Sandbox, name: str, words: str = "") -> Figures:
    """Let a person ask /pipeline; check its text against its table, and return the rows by their first cell."""
    slack.person(name).types(f"/pipeline {words}".strip(), "#general")
    answer = slack.person(name).private_replies[-1]
    (table,) = [block["rows"] for block in answer.blocks if block["type"] == "data_table"]
    rows = {cells[0]["text"]: [cells_worth(each) for each in cells[1:]] for cells in table[1:]}
    for title, (count, *_) in rows.items():
        assert f"\n{title}: " in answer.fallback, answer.fallback
        assert count is not None
    return rows


def cells_worth(cell: dict[str, object]) -> Decimal:
    """Return a cell's value: a number, an amount of money, or 0 for a dash."""
    if cell["type"] == "raw_number":
        return Decimal(str(cell["value"]))
    return Decimal(re.sub(r"[^\d.]", "", str(cell["text"])) or 0)


def plainly(opportunities: Iterable[Opportunity]) -> list[Decimal]:
    """Return a row of a table by rep or team: waiting, open, its value, not now, won, its value, lost."""
    by = sums(opportunities, lambda each: {"Won": "won", "Lost": "lost"}.get(each.stage, "open"))
    (_, worth), (won, earned), (lost, _) = (by.get(name, (0, Decimal())) for name in ("open", "won", "lost"))
    return [Decimal(0), Decimal(by.get("open", (0, 0))[0]), worth, Decimal(0), Decimal(won), earned, Decimal(lost)]


def grouped(opportunities: Iterable[Opportunity], by: Callable[[Opportunity], str]) -> Figures:
    """Return the table by rep or team, computed from the file."""
    groups = defaultdict[str, list[Opportunity]](list)
    for each in opportunities:
        groups[by(each)].append(each)
    return {name: plainly(each) for name, each in groups.items()}


def staged(opportunities: Iterable[Opportunity]) -> Figures:
    """Return the table by stage, computed from the file."""
    return {
        STAGES[stage]: [Decimal(count), worth] for stage, (count, worth) in sums(opportunities, SUMMED["stage"]).items()
    }


def without_empty(figures: Figures) -> Figures:
    """Return the rows without those that count nothing."""
    return {name: row for name, row in figures.items() if any(row)}


def test_pipeline_in_slack_says_by_stage_what_the_file_says(
    slack: Sandbox, opportunities: tuple[Opportunity, ...]
) -> None:
    assert without_empty(ask(slack, MARKETER)) == staged(opportunities)


@pytest.mark.parametrize("by", ["rep", "team"])
def test_pipeline_in_slack_says_by_rep_and_team_what_the_file_says(
    by: str, slack: Sandbox, opportunities: tuple[Opportunity, ...]
) -> None:
    """Each team has its manager's name."""
    said = ask(slack, MARKETER, f"by {by}")
    assert said == grouped(opportunities, SUMMED["agent" if by == "rep" else "manager"])
    worths = [row[0] + row[1] + row[3] + row[4] + row[6] for row in said.values()]
    assert worths == sorted(worths, reverse=True)


def test_each_manager_reads_their_own_team_and_each_rep_their_own_deals(
    slack: Sandbox, opportunities: tuple[Opportunity, ...]
) -> None:
    for name in {each.manager for each in opportunities}:
        theirs = [each for each in opportunities if each.manager == name]
        assert without_empty(ask(slack, name)) == staged(theirs)
        assert ask(slack, name, "by rep") == grouped(theirs, SUMMED["agent"])
    for name in {each.agent for each in opportunities}:
        assert without_empty(ask(slack, name)) == staged([each for each in opportunities if each.agent == name])


def test_a_quarter_in_slack_is_that_of_the_file(slack: Sandbox, opportunities: tuple[Opportunity, ...]) -> None:
    """The file's days are years ago; only leads being prospected have the day of the import."""
    prospects = [each for each in opportunities if each.engaged is None]
    assert without_empty(ask(slack, MARKETER, "this year")) == staged(prospects)
    slack.person(MARKETER).types("/pipeline last year", "#general")
    assert "No leads were handed over." in slack.person(MARKETER).private_replies[-1].text
