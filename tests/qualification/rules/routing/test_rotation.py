"""Which rule takes a lead, and whose turn it is."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.playbook.playbook import Playbook, parse
from qualification.rules.routing.rotation import Asked, Seat, choose_rule, next_seat

PLAYBOOK = """\
currency: {currency}
teams:
  emea: {{name: EMEA, manager: maya@x.example, channel: "#sales", zone: Europe/London}}
people:
  - {{email: maya@x.example, name: Maya, roles: [manager, rep], team: emea}}
pools:
  inbound: {{name: Inbound, team: emea, members: [maya@x.example]}}
rules:
  - name: Big
    when: {{country: [DE, FR], size: {{from: 100, to: 200}}, source: [demo], value: {{from: 50.5}}}}
    pool: inbound
  - {{name: German, when: {{country: DE}}, pool: inbound}}
  - {{name: Rich, when: {{value: {{to: 10}}}}, pool: inbound}}
  - {{name: Demo, when: {{source: [demo, trial]}}, pool: inbound, offer: claim}}
"""


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return parse(PLAYBOOK.format(currency="EUR"))


BIG = Asked(country="FR", size=150, source="demo", value_minor=5050, currency="EUR")


def chosen(playbook: Playbook, asked: Asked) -> str | None:
    rule = choose_rule(playbook, asked)
    return rule.name if rule else None


def test_a_rule_takes_a_lead_that_meets_every_condition(playbook: Playbook) -> None:
    assert chosen(playbook, BIG) == "Big"


@pytest.mark.parametrize(
    "short",
    [
        replace(BIG, country="ES"),
        replace(BIG, size=99),
        replace(BIG, size=201),
        replace(BIG, source="trial"),
        replace(BIG, value_minor=5049),
        replace(BIG, country=None),
        replace(BIG, size=None),
        replace(BIG, value_minor=None),
        replace(BIG, currency="USD"),
    ],
)
def test_a_condition_not_met_or_not_known_leaves_the_lead_to_the_next_rule(playbook: Playbook, short: Asked) -> None:
    assert chosen(playbook, short) == "Demo"


def test_the_first_rule_that_fits_wins(playbook: Playbook) -> None:
    assert chosen(playbook, replace(BIG, country="DE")) == "Big"
    assert chosen(playbook, Asked(country="DE", source="demo")) == "German"


def test_no_rule_takes_a_lead_nothing_is_known_of(playbook: Playbook) -> None:
    assert choose_rule(playbook, Asked()) is None


@pytest.mark.parametrize(("size", "fits"), [(99, False), (100, True), (200, True), (201, False)])
def test_both_ends_of_a_band_belong_to_it(playbook: Playbook, size: int, fits: bool) -> None:  # noqa: FBT001
    assert (chosen(playbook, replace(BIG, size=size)) == "Big") == fits


@pytest.mark.parametrize(("currency", "ten"), [("EUR", 1000), ("JPY", 10), ("KWD", 10_000)])
def test_a_value_is_compared_in_whole_units_of_the_currency(currency: str, ten: int) -> None:
    playbook = parse(PLAYBOOK.format(currency=currency))
    assert chosen(playbook, Asked(value_minor=ten, currency=currency)) == "Rich"
    assert chosen(playbook, Asked(value_minor=ten + 1, currency=currency)) is None


seats = st.builds(Seat, st.integers(1, 50), st.integers(0, 9), st.integers(0, 20), st.booleans(), st.booleans())


@given(st.lists(seats, max_size=8))
def test_the_next_seat_is_free_and_nobody_free_has_waited_longer(waiting: list[Seat]) -> None:
    free = [seat for seat in waiting if seat.available and not seat.asked_before]
    chosen = next_seat(waiting)
    if chosen is None:
        assert not free
        return
    assert chosen in free
    assert all((chosen.last_turn, chosen.position) <= (seat.last_turn, seat.position) for seat in free)


@given(st.integers(1, 12), st.integers(1, 20))
def test_turns_come_to_the_same_for_everybody(reps: int, rounds: int) -> None:
    """So many rounds dealt over a pool where nobody is away give everybody as many leads, in the playbook's order."""
    pool = [Seat(person_id=rep, position=rep, last_turn=0, available=True, asked_before=False) for rep in range(reps)]
    dealt = []
    for turn in range(1, reps * rounds + 1):
        seat = next_seat(pool)
        assert seat is not None
        dealt.append(seat.person_id)
        pool[seat.position] = replace(seat, last_turn=turn)
    assert Counter(dealt) == dict.fromkeys(range(reps), rounds)
    assert dealt[:reps] == list(range(reps))


@given(st.integers(2, 8), st.lists(st.integers(0, 7), min_size=1, max_size=60))
def test_however_people_come_and_go_no_lead_goes_twice_past_a_free_rep(reps: int, away: list[int]) -> None:
    """While somebody stays free, nobody else gets two leads in between."""
    pool = [Seat(rep, rep, 0, available=True, asked_before=False) for rep in range(reps)]
    since: dict[int, Counter[int]] = {rep: Counter() for rep in range(reps)}
    for turn, gone in enumerate(away, start=1):
        present = [replace(seat, available=seat.person_id != gone) for seat in pool]
        seat = next_seat(present)
        assert seat is not None
        pool[seat.position] = replace(pool[seat.position], last_turn=turn)
        since[seat.person_id].clear()
        since[gone % reps].clear()
        for rep in set(range(reps)) - {seat.person_id, gone % reps}:
            since[rep][seat.person_id] += 1
            assert since[rep][seat.person_id] <= 2


def test_a_turn_given_back_comes_first() -> None:
    """The credit of who passed on: the turn before is put back, and the seat is next again."""
    ana = Seat(person_id=1, position=0, last_turn=9, available=True, asked_before=False)
    ben = Seat(person_id=2, position=1, last_turn=8, available=True, asked_before=False)
    assert next_seat([ana, ben]) is ben
    credited = replace(ana, last_turn=7)
    assert next_seat([credited, ben]) is credited
