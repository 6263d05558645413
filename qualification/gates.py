"""The gates that a person passes over by handing a lead over."""

from sqlalchemy.orm import Session

from qualification import scores
from qualification.records import Lead
from qualification.rules.gates import Applicant, fitting
from qualification.rules.playbook import Playbook


def in_the_way(session: Session, lead: Lead, problem: str | None, playbook: Playbook) -> tuple[str, ...]:
    """Name the gates that would keep the lead from sales by itself: the one that holds it, and all that fit it now.

    `problem` is what is newly said in the lead's own words.
    """
    times = scores.times(session, lead)
    applicant = Applicant(
        email=lead.email,
        words="\n".join(text for text in (lead.name, lead.problem, problem) if text),
        do_not_contact=lead.do_not_contact,
        asked=any(kind.handoff and times.get(kind.key, 0) > 0 for kind in playbook.scoring.activities),
    )
    names = [gate.name for gate in fitting(playbook.gates, applicant)]
    return tuple(dict.fromkeys([lead.held_by, *names] if lead.held_by else names))
