"""The people and teams that a file may name, by one version of the playbook."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.playbook.playbooks import Published
from qualification.records import Person, Team
from qualification.rules.intake.row_checks import goes_on
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import HandoffInput
from qualification.rules.values import normalization

# A longer name is stored cut off.
_LONGEST_NAME: Final = 200
_SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{6,}")


class Roster:
    """Finds people by e-mail address, Slack user or name, and teams by key."""

    def __init__(self, session: Session, workspace_id: int, published: Published) -> None:
        """Read all people and teams of the workspace."""
        self.published = published
        self.workspace_id = workspace_id
        self._people: dict[str, list[Person]] = defaultdict(list)
        for person in session.scalars(select(Person).where(Person.workspace_id == workspace_id).order_by(Person.id)):
            self._add(person)
        teams = session.scalars(select(Team).where(Team.workspace_id == workspace_id)).all()
        self._teams = {team.key: team.id for team in teams}
        self._default_team = self._teams[published.playbook.default_team]

    def owner_errors(self, deal: HandoffInput) -> Iterator[RowError]:
        """Yield an error if an open deal has no owner, or if several people have the owner's name."""
        is_open = goes_on(deal, self.published.playbook)
        if deal.owner is None:
            if is_open:
                yield RowError("handoff.owner", "is missing: an open deal needs an owner")
            return
        named = self._named(deal.owner)
        at_work = [person for person in named if person.active]
        if len(at_work) > 1:
            yield RowError("handoff.owner", "is the name of several people; give an e-mail address")
        elif is_open and not at_work:
            yield RowError("handoff.owner", "isn't in the playbook, but the deal is still open")

    def owner(self, session: Session, deal: HandoffInput) -> Person | None:
        """Return the deal's owner; a former colleague is added as a person outside the playbook."""
        if deal.owner is None:
            return None
        named = self._named(deal.owner)
        person = next((each for each in named if each.active), named[0] if named else None)
        if person is None:
            is_email, is_user = "@" in deal.owner, _SLACK_USER.fullmatch(deal.owner)
            person = Person(
                workspace_id=self.workspace_id,
                name=deal.owner[:_LONGEST_NAME],
                email=normalization.fold_email(deal.owner) if is_email else None,
                slack_user_id=deal.owner if is_user else None,
            )
            session.add(person)
            session.flush()
            self._add(person)
        return person

    def team_of(self, deal: HandoffInput, owner: Person | None) -> int:
        """Return the id of the deal's team: its own, else its owner's, else the default team."""
        if deal.team is not None:
            return self._teams[deal.team]
        return owner.team_id if owner is not None and owner.team_id is not None else self._default_team

    def _named(self, text: str) -> list[Person]:
        return self._people.get(_folded(text)) or self._people.get(_folded(text[:_LONGEST_NAME]), [])

    def _add(self, person: Person) -> None:
        for name in {_folded(each) for each in (person.email, person.slack_user_id, person.name) if each}:
            self._people[name].append(person)


def _folded(text: str) -> str:
    return normalization.fold_email(text) if "@" in text else normalization.fold_name(text)
