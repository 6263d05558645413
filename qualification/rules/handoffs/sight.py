"""Who may see what of a lead: by what somebody is here, and what they are to its handoffs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from qualification.rules.playbook.schema import Rights


class Sight(IntEnum):
    """How much somebody sees of a lead, each more than the one before."""

    NOTHING = 0  # not even that it is there
    OUTCOME = 1  # name and company, who has it, where it stands, what became of it
    LEAD = 2  # everything but contact details
    CONTACT = 3  # everything


class Tie(StrEnum):
    """What somebody is to a handoff."""

    ANNOUNCED = "announced"
    TEAM = "team"  # it is of the team they sell in
    POOL = "pool"  # it came to a pool of theirs
    DECIDED = "decided"  # they had it, and it has ended or is put off
    HAS = "has"  # it is theirs, or offered to them
    MANAGES = "manages"


@dataclass(frozen=True, slots=True)
class ReaderRoles:
    """What somebody is here; `is_here` says that the playbook names them and Slack has not deactivated them."""

    is_here: bool = False
    is_rep: bool = False
    is_manager: bool = False
    is_marketer: bool = False
    is_admin: bool = False

    @property
    def may_erase(self) -> bool:
        """Whether they may erase a person: administrators alone."""
        return self.is_here and self.is_admin


_BY_TIE: Final[Mapping[Tie, Sight]] = MappingProxyType(
    {
        Tie.ANNOUNCED: Sight.OUTCOME,
        Tie.TEAM: Sight.LEAD,
        Tie.POOL: Sight.LEAD,
        Tie.DECIDED: Sight.LEAD,
        Tie.HAS: Sight.CONTACT,
        Tie.MANAGES: Sight.CONTACT,
    }
)


def everywhere(roles: ReaderRoles, rights: Rights) -> Sight:
    """Return what somebody sees of every lead of the workspace, also of those that sales never had."""
    if not roles.is_here:
        return Sight.LEAD if rights.outsiders == "leads" else Sight.NOTHING
    if roles.is_admin:
        return Sight.CONTACT
    granted = (
        (roles.is_marketer, rights.marketers),
        (roles.is_rep, rights.reps),
        (roles.is_manager, rights.managers),
    )
    return Sight.LEAD if any(has_role and right == "leads" for has_role, right in granted) else Sight.NOTHING


def counting(roles: ReaderRoles, rights: Rights) -> frozenset[Tie]:
    """Return the ties that count for somebody; for whoever isn't here none does."""
    if not roles.is_here:
        return frozenset()
    return frozenset(Tie) if roles.is_rep and rights.reps == "team" else frozenset(Tie) - {Tie.TEAM}


def sight(roles: ReaderRoles, ties: Iterable[Tie], rights: Rights) -> Sight:
    """Return what somebody sees of a lead with whose handoffs they have these ties."""
    tied = (_BY_TIE[tie] for tie in counting(roles, rights).intersection(ties))
    return max(everywhere(roles, rights), *tied, Sight.NOTHING)


def ties_for(least: Sight) -> frozenset[Tie]:
    """Return the ties that let somebody see at least so much."""
    return frozenset(tie for tie, seen in _BY_TIE.items() if seen >= least)
