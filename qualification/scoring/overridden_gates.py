"""The gates that would have held a lead which somebody hands over by hand."""

from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.records import Lead
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.scoring.gates import fitting
from qualification.scoring import activity_counts, evaluation


def names(session: Session, lead: Lead, problem: str | None, playbook: Playbook) -> tuple[str, ...]:
    """Name the gates that would keep the lead from sales by itself: the one that holds it, and all that fit it now.

    `problem` is what is newly said in the lead's own words.
    """
    families = merging.families(session, lead.workspace_id, [lead.id])
    said = evaluation.latest_words(session, lead.workspace_id, families, [lead.id], playbook.scoring)[lead.id]
    ever = activity_counts.times(session, lead.workspace_id, families, playbook.scoring)[lead.id]
    emails = evaluation.addresses(session, lead.workspace_id, families, [lead.id])[lead.id]
    gate_input = evaluation.gate_input(lead, emails, [problem or "", *said], playbook.scoring, ever)
    fit = [gate.name for gate in fitting(playbook.gates, gate_input)]
    return tuple(dict.fromkeys([lead.gated_by, *fit] if lead.gated_by else fit))
