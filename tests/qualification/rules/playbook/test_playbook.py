"""A playbook read: what it says, what it leaves to the defaults, and the sample that comes with it."""

import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.leads.retention import Age, RetainedState
from qualification.rules.people.weekly_hours import WeeklyHours
from qualification.rules.playbook.playbook import Playbook, PlaybookFaults, parse
from qualification.rules.reporting.summary_schedule import Timetable

SAMPLE = Path(__file__).parents[4] / "playbook.example.yaml"
SMALL = """\
teams:
  emea: {name: EMEA, manager: Maya@Northwind.example, channel: "#sales", zone: Europe/London}
people:
  - {email: maya@northwind.example, name: Maya, roles: [manager]}
  - {email: Ana@Northwind.example, name: Ana, roles: rep, team: emea}
  - {slack: U012AB3CD, name: Ben, roles: [rep, admin], team: emea, hours: {sat: "10:00-12:00"}}
pools:
  inbound: {name: Inbound, team: emea, members: [ANA@northwind.example, U012AB3CD]}
rules:
  - {name: All, pool: inbound}
"""


@pytest.fixture(scope="module")
def sample() -> Playbook:
    return parse(SAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def small() -> Playbook:
    return parse(SMALL)


def test_teams_people_pools_and_rules_are_enough(small: Playbook) -> None:
    assert small.default_team == "emea"
    assert small.currency == "EUR"
    assert small.first_stage.key == "to-contact"
    assert [item.key for item in small.frameworks["bant"].items] == ["budget", "authority", "need", "timing"]
    assert small.frameworks["bant"].needed == 3


def test_shared_domains_are_compared_as_addresses_are() -> None:
    shared = parse(SMALL + 'shared_domains: ["@Guild.example", www.campus.example, xn--dhlnetz-5wa.example]\n').shared
    assert shared == {"guild.example", "campus.example", "dählnetz.example"}
    assert parse(SMALL + "shared_domains: guild.example\n").shared == {"guild.example"}


def test_the_sample_writes_out_what_the_defaults_are(sample: Playbook, small: Playbook) -> None:
    """Its comments promise that everything but teams, people, pools, rules, rates and gates is what one gets anyway."""
    own = {"teams", "people", "pools", "rules", "rates", "gates", "default_team"}
    for part in set(Playbook.model_fields) - own:
        assert getattr(sample, part) == getattr(small, part), part


def test_the_senders_of_the_sample_are_good_where_the_comment_signs_are_taken_off() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    _, senders = text.split("#\n# senders:\n")
    block = senders.partition("\n\n")[0].replace("\n# ", "\n").removeprefix("# ")
    assert set(parse(f"{text}\nsenders:\n{block}\n").senders) == {"website", "newsletter", "demo-form", "shop"}


def test_the_retention_of_the_sample_is_good_where_the_comment_signs_are_taken_off(sample: Playbook) -> None:
    assert sample.retention.ages == {}
    text = SAMPLE.read_text(encoding="utf-8")
    uncommented = re.sub(r"^#(  +(?:leads:|- \{state).*)$", r"\1", text, flags=re.MULTILINE)
    assert uncommented != text
    assert parse(uncommented).retention.ages == {
        RetainedState.UNWORKED: Age(months=24),
        RetainedState.DISQUALIFIED: Age(months=12),
        RetainedState.LOST: Age(months=36),
    }


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{state: snoozed, after: 24 months}", "choose from: unworked, disqualified, lost, won"),
        ("{state: lost, after: 24}", "`24` is not an age; write days, months or years"),
        ("{state: lost}", "add for example `after: 24 months`"),
        ("{state: lost, after: 1 year}, {state: lost, after: 2 years}", "leads that are lost have two ages"),
    ],
)
def test_a_fault_in_the_retention_is_named_with_its_remedy(written: str, fault: str) -> None:
    with pytest.raises(PlaybookFaults, match=re.escape(fault)):
        parse(f"{SMALL}\nretention: {{leads: [{written}]}}\n")


def test_the_sample_takes_every_lead_and_asks_every_rep(sample: Playbook) -> None:
    assert sample.rules[-1].when.model_dump(exclude_defaults=True) == {}
    seated = {member for pool in sample.pools.values() for member in pool.members}
    assert seated == {person.key for person in sample.people if "rep" in person.roles}
    assert {rule.offer for rule in sample.rules} == {"turn", "claim"}


def test_people_are_the_same_in_capitals_and_by_slack_user(small: Playbook) -> None:
    assert small.teams["emea"].manager == "maya@northwind.example"
    assert small.pools["inbound"].members == ("ana@northwind.example", "U012AB3CD")
    assert [person.key for person in small.people][1:] == ["ana@northwind.example", "U012AB3CD"]


def test_hours_are_ones_own_else_the_teams_else_the_playbooks(small: Playbook) -> None:
    assert small.hours_for("ana@northwind.example") == WeeklyHours.parse({"mon-fri": "09:00-17:30"})
    assert small.hours_for("U012AB3CD") == WeeklyHours.parse({"sat": "10:00-12:00"})
    team = parse(SMALL.replace("zone: Europe/London", 'zone: Europe/London, hours: {sun: "09:00-12:00"}'))
    assert (
        team.hours_for("ana@northwind.example")
        == team.hours_for_team("emea")
        == WeeklyHours.parse({"sun": "9:00-12:00"})
    )
    assert team.hours_for("nobody@northwind.example") == team.hours


def test_what_is_looked_up_is_found_by_key_and_is_none_otherwise(sample: Playbook) -> None:
    lookups = (
        (sample.source, "demo"),
        (parse(f"{SMALL}senders: {{web: {{name: Web, lead: {{email: email}}}}}}").sender, "web"),
        (sample.stage, "won"),
        (sample.framework, "bant"),
        (sample.contact_kind, "call"),
        (sample.pass_on_reason, "no-time"),
        (sample.disqualify_reason, "no-need"),
        (sample.lost_reason, "price"),
        (sample.rule, "Everything else"),
        (sample.person, "ana.ruiz@northwind.example"),
    )
    for look_up, key in lookups:
        assert look_up(key) is not None
        assert look_up("no such thing") is None


def test_the_stages_tell_what_they_bring(sample: Playbook) -> None:
    assert sample.contact_stage is sample.stage("contacted")
    assert sample.ending_stage("won").key == "won"
    assert sample.ending_stage("lost").key == "lost"
    assert [stage.key for stage in sample.stages if stage.lifecycle is Lifecycle.OPPORTUNITY] == [
        "opportunity",
        "proposal-preparation",
        "proposal-sent",
    ]


def test_a_reason_that_says_nothing_by_itself_asks_for_a_note(sample: Playbook) -> None:
    for reasons in (sample.pass_on_reasons, sample.disqualify_reasons, sample.lost_reasons):
        assert [reason.key for reason in reasons if reason.note_required] == ["other"]


def test_every_question_is_an_open_one(sample: Playbook) -> None:
    """What can be answered with yes or no finds nothing out."""
    openers = {"how", "what", "who", "when", "why", "which", "where", "by"}
    for item in sample.frameworks["bant"].items:
        for question in item.questions:
            assert question.split()[0].lower() in openers
            assert question.endswith("?")


def test_the_reminder_comes_half_way_unless_it_is_told_or_left_out() -> None:
    assert parse(f"{SMALL}clocks: {{accept_within: 1h30m}}").clocks.remind_after == timedelta(minutes=45)
    assert parse(f"{SMALL}clocks: {{accept_within: 2 h, remind_after: 20min}}").clocks.remind_after == timedelta(
        minutes=20
    )
    assert parse(f"{SMALL}clocks: {{remind_after: null}}").clocks.remind_after is None


def test_the_same_text_is_the_same_playbook() -> None:
    assert parse(SMALL) == parse(SMALL)


def test_nothing_in_a_playbook_can_be_changed(small: Playbook) -> None:
    with pytest.raises(ValidationError):
        small.currency = "USD"  # type: ignore[misc]


def test_norway_is_a_country() -> None:
    playbook = parse(SMALL.replace("pool: inbound", "pool: inbound, when: {country: [NO, Sweden, uk]}"))
    assert playbook.rules[0].when.country == ("NO", "SE", "GB")


def test_a_day_is_summed_up_at_half_past_eight_when_the_team_works_unless_it_says_otherwise(small: Playbook) -> None:
    london, minute = ZoneInfo("Europe/London"), 8 * 60 + 30
    assert small.summary_of("emea") == Timetable(minute, frozenset(range(5)), london)

    def said(words: str) -> Timetable | None:
        return parse(SMALL.replace("zone: Europe/London", f"zone: Europe/London, {words}")).summary_of("emea")

    assert said('hours: {sat: "9:00-12:00"}') == Timetable(minute, frozenset({5}), london)
    assert said("summary: {at: 17:45}") == Timetable(17 * 60 + 45, frozenset(range(5)), london)
    assert said('summary: {days: "mon, fri-sat"}') == Timetable(minute, frozenset({0, 4, 5}), london)
    assert said("summary:") == said("summary: {}") == small.summary_of("emea")
    assert [said(f"summary: {off}") for off in ("off", "OFF", "false")] == [None] * 3
