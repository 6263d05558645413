"""The first playbook, from a few answers."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.cli import first_playbook
from bot.cli.first_playbook import Known, Nonsense, Roster
from qualification.rules.playbook.playbook import parse

ANA = Known("ana@northwind.example", "U012AB3C1", "Ana Ruiz", "Europe/Madrid")
ANTON = Known("anton@northwind.example", "U012AB3C2", "Anton Berg", "Europe/Oslo")
MAYA = Known("maya@northwind.example", "U012AB3C3", "Maya Cohen", "Europe/London")
HIDDEN = Known(None, "U012AB3C4", "Hidden Person", None)
ROSTER = Roster(people=(ANA, ANTON, MAYA, HIDDEN), channels=("sales-emea", "general"))


def options(**changed: object) -> dict[str, object]:
    """Give good options, some of them changed."""
    good: dict[str, object] = {
        "team": "EMEA",
        "channel": "#sales-emea",
        "manager": "maya@northwind.example",
        "reps": ["ana@northwind.example"],
        "marketers": [],
        "zone": None,
        "hours": "09:00-17:30",
        "currency": "EUR",
    }
    return good | changed


def test_options_make_a_playbook_that_its_own_reader_takes() -> None:
    answers = first_playbook.answers(ROSTER, **options(marketers=["mika@northwind.example"]))  # type: ignore[arg-type]
    playbook = parse(first_playbook.compose(answers))
    assert playbook.default_team == "emea"
    assert playbook.teams["emea"].manager == "maya@northwind.example"
    assert playbook.teams["emea"].channel == "#sales-emea"
    assert [(person.key, person.roles) for person in playbook.people] == [
        ("maya@northwind.example", ("manager", "admin")),
        ("ana@northwind.example", ("rep",)),
        ("mika@northwind.example", ("marketer",)),
    ]
    assert playbook.pools["emea"].members == ("ana@northwind.example",)


def test_who_has_two_roles_is_named_once() -> None:
    answers = first_playbook.answers(ROSTER, **options(reps=["Maya Cohen", "ana@northwind.example"]))  # type: ignore[arg-type]
    people = parse(first_playbook.compose(answers)).people
    assert [tuple(person.roles) for person in people] == [("manager", "rep", "admin"), ("rep",)]


def test_somebody_whose_email_slack_hides_is_named_by_slack_user() -> None:
    answers = first_playbook.answers(ROSTER, **options(reps=["Hidden Person"]))  # type: ignore[arg-type]
    assert parse(first_playbook.compose(answers)).pools["emea"].members == ("U012AB3C4",)


def test_the_team_works_in_its_managers_zone() -> None:
    answers = first_playbook.answers(ROSTER, **options(manager="Ana Ruiz"))  # type: ignore[arg-type]
    assert answers.zone == "Europe/Madrid"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"team": " !! "}, "A team needs a name"),
        ({"channel": "two words"}, "two words isn't a channel name"),
        ({"channel": "#nowhere"}, "Slack shows the bot no channel #nowhere"),
        ({"manager": "nobody"}, "nobody is neither an e-mail address"),
        ({"reps": ["An"]}, "An could be Ana Ruiz, Anton Berg"),
        ({"reps": [" , "]}, "at least one rep"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus isn't a time zone"),
        ({"hours": "nine to five"}, "nine to five isn't valid"),
        ({"currency": "Euro"}, "Euro isn't a currency"),
    ],
)
def test_nonsense_is_refused_with_a_clear_sentence(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(Nonsense, match=re.escape(sentence)):
        first_playbook.answers(ROSTER, **options(**changed))  # type: ignore[arg-type]


def test_without_slack_any_address_will_do() -> None:
    answers = first_playbook.answers(Roster(), **options(channel="anything"))  # type: ignore[arg-type]
    assert (answers.channel, answers.zone) == ("#anything", "Europe/London")


def test_a_question_is_put_again_until_its_answer_makes_sense() -> None:
    typed = ["EMEA", "#nowhere", "sales-emea", "Maya", "1, Anton", "", "", "25:00", "09:00-12:00, 13:00-17:00", "usd"]
    console = Console(file=io.StringIO(), width=120)
    answers = first_playbook.ask(console, ROSTER, stream=io.StringIO("\n".join(typed) + "\n"))
    assert answers == first_playbook.Answers(
        team="EMEA",
        channel="#sales-emea",
        zone="Europe/London",
        currency="USD",
        hours="09:00-12:00, 13:00-17:00",
        manager=MAYA,
        reps=(ANA, ANTON),
    )
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Slack shows the bot no channel #nowhere" in shown
    assert "Hidden Person" in shown


@given(st.text(max_size=40))
def test_whatever_a_team_is_called_its_playbook_can_be_read(name: str) -> None:
    try:
        answers = first_playbook.answers(Roster(), **options(team=name))  # type: ignore[arg-type]
    except Nonsense:
        return
    playbook = parse(first_playbook.compose(answers))
    assert playbook.teams[playbook.default_team].name == answers.team
