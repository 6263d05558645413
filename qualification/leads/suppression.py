"""Who must not come back without a word: asked before anything that somebody says of a lead is stored."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Suppression
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.suppression import SuppressionReason, recognisers_in


def suppressed(session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData]) -> dict[int, SuppressionReason]:
    """Return why somebody must not come back, by the index of each row that is about such a person.

    Without BATON_KEY nobody can be recognised; a bot that has suppressions doesn't start without it.
    """
    key = session.personal_key
    if key is None or session.scalar(_ANY, {"workspace_id": workspace_id}) is None:
        return {}
    digests: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        for recogniser in recognisers_in(row):
            digests.setdefault(key.digest(workspace_id, recogniser), []).append(index)
    found = session.execute(_OF, {"workspace_id": workspace_id, "digests": [*digests]})
    return {index: reason for digest, reason in found for index in digests[digest]}


# Built once: building a statement takes longer than running it.
_OURS: Final = Suppression.workspace_id == bindparam("workspace_id")
_ANY: Final = select(Suppression.id).where(_OURS).limit(1)
_OF: Final = select(Suppression.digest, Suppression.reason).where(
    _OURS, Suppression.digest.in_(bindparam("digests", expanding=True))
)
