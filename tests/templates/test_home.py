"""The Home tab as its reader reads it."""

from dataclasses import replace

import pytest

from qualification.handoffs.retention import RetentionNotice
from qualification.rules.people.reachability import Unreachable
from qualification.views.home import HandedOverLately, Home, OutOfReach, Page, TeamClocks
from qualification.views.overview import DeadLetter
from templates import render
from tests.templates.reading import words
from tests.templates.samples import ANA, MAYA, NOW

NOTHING: Page[object] = Page((), 0, 0, 0, None, None)
HOME = Home(
    person=MAYA,
    is_rep=False,
    is_manager=True,
    is_marketer=False,
    is_admin=True,
    away=False,
    away_until=None,
    team="EMEA",
    waiting=NOTHING,  # type: ignore[arg-type]
    mine=NOTHING,  # type: ignore[arg-type]
    snoozed=NOTHING,  # type: ignore[arg-type]
    teams=(),
    more_teams=0,
    out_of_reach=(),
    more_out_of_reach=0,
    unaccepted=NOTHING,  # type: ignore[arg-type]
    queue=NOTHING,  # type: ignore[arg-type]
    handoffs=NOTHING,  # type: ignore[arg-type]
    lately=HandedOverLately(30, 0, 0, 0, 0, 0, 0),
    is_new=False,
    dead_letters=(),
    dead_letter_count=0,
    slack_error=None,
    retention=None,
)
CHANNEL = DeadLetter("#sales-emea", None, is_home=False, last_error="not_in_channel", count=2, lead="Acme · Jo")


def read(home: Home, locale: str = "en") -> str:
    return "\n".join(words(render("home/home", home=home, locale=locale)))


@pytest.mark.parametrize(
    ("clocks", "line"),
    [
        (TeamClocks("EMEA", 0, None, 0, 0), "none waiting to be accepted"),
        (
            TeamClocks("EMEA", 1, None, 1, 1),
            "1 waiting to be accepted · 1 accepted, not contacted yet · 1 overdue",
        ),
        (TeamClocks("EMEA", 3, NOW, 2, 0), "3 waiting to be accepted · the oldest since <!date^"),
    ],
)
def test_a_teams_clocks_are_counted_in_plain_words(clocks: TeamClocks, line: str) -> None:
    assert line in read(replace(HOME, teams=(clocks,)))


@pytest.mark.parametrize(
    ("parked", "lines"),
    [
        (
            CHANNEL,
            "*#sales-emea*\n2 messages not sent · Acme · Jo\nBaton isn’t in this channel. Invite it with /invite",
        ),
        (
            replace(CHANNEL, channel=None, count=1, lead=None),
            "*A channel that no team has any more*\n1 message not sent",
        ),
        (replace(CHANNEL, person=ANA, last_error="user_disabled"), "*Direct messages to Ana*\n"),
        (replace(CHANNEL, person=ANA, is_home=True, lead=None), "*Home tab of Ana*\n"),
        (replace(CHANNEL, last_error="msg_too_long"), "Slack refused it: msg"),
        (replace(CHANNEL, last_error="unforeseen"), "This is a fault in Baton."),
    ],
)
def test_what_slack_would_not_take_says_where_what_happened_and_what_to_do(parked: DeadLetter, lines: str) -> None:
    text = read(replace(HOME, dead_letters=(parked,), dead_letter_count=1))
    assert lines in text
    assert "baton deliveries retry" in text
    assert "Direktnachrichten an Ana" in read(
        replace(HOME, dead_letters=(replace(parked, person=ANA, is_home=False),)), "de"
    )


def test_whoever_administers_hears_when_slack_refuses_everything() -> None:
    assert "Slack is refusing Baton’s requests (invalid" in read(replace(HOME, slack_error="invalid_auth"))


@pytest.mark.parametrize(
    ("leads", "line"),
    [(None, "retention says."), (1, "One lead was old"), (1234, "1,234 leads were old when it was published")],
)
def test_what_will_be_erased_is_announced(leads: int | None, line: str) -> None:
    shown = read(replace(HOME, retention=RetentionNotice(NOW, leads)))
    assert "From <!date^" in shown
    assert line in shown
    assert "erases" not in read(HOME)


def test_whoever_gets_no_leads_is_listed_with_what_to_do() -> None:
    gone = OutOfReach("Ana Ruiz", "ana.ruiz@northwind.example", Unreachable.NOT_FOUND)
    shown = read(replace(HOME, out_of_reach=(gone,), more_out_of_reach=2))
    assert "Ana Ruiz · ana.ruiz@northwind.example\nSlack knows nobody with this address." in shown
    assert "and 2 more" in shown
