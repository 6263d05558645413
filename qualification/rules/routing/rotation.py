"""Which rule a lead falls under, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qualification.rules.playbook.playbook import Playbook, Rule
from qualification.rules.values.money import minor_digits


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules may ask of a lead; None is not known. `value_minor` is in the currency's smallest unit."""

    country: str | None = None
    size: int | None = None
    source: str | None = None
    value_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A rep's place in a pool: the number of the last turn kept (0 for none), and whether they can be asked now."""

    person_id: int
    position: int
    last_turn: int
    available: bool
    asked_before: bool


def choose_rule(playbook: Playbook, asked: Asked) -> Rule | None:
    """Return the first rule, in the playbook's order, whose every condition the lead meets."""
    return next((rule for rule in playbook.rules if _fits(rule, asked, playbook.currency)), None)


def next_seat(seats: Iterable[Seat]) -> Seat | None:
    """Return the seat whose last turn is the longest ago, by position where equal; None when nobody can be asked.

    Whoever is away or was asked about this lead before is passed over and keeps their place.
    """
    free = (seat for seat in seats if seat.available and not seat.asked_before)
    return min(free, key=lambda seat: (seat.last_turn, seat.position), default=None)


def _fits(rule: Rule, asked: Asked, currency: str) -> bool:
    """Say whether the lead meets every condition; what is not known, or is in another currency, meets none."""
    when = rule.when
    value = None
    if asked.value_minor is not None and asked.currency == currency:
        value = Decimal(asked.value_minor).scaleb(-minor_digits(currency))
    return (
        (not when.country or asked.country in when.country)
        and (not when.source or asked.source in when.source)
        and (when.size is None or (asked.size is not None and when.size.holds(asked.size)))
        and (when.value is None or (value is not None and when.value.holds(value)))
    )
