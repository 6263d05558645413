"""Which accepted leads nobody has been in touch with yet: said here, and nowhere else.

One that stands further on than the first stage has had its contact, though nobody wrote it down: a file brought it in,
or somebody moved it.
"""

from sqlalchemy import ColumnElement, func

from qualification.records import Handoff
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.playbook.playbook import Playbook


def is_untouched(handoff: Handoff, playbook: Playbook) -> bool:
    """Say whether the handoff is accepted and nobody has been in touch."""
    return (
        handoff.state is HandoffState.ACCEPTED
        and handoff.contacted_at is None
        and (handoff.stage or playbook.first_stage.key) == playbook.first_stage.key
    )


def untouched(playbook: Playbook) -> ColumnElement[bool]:
    """Return the same as a condition on handoffs."""
    first = playbook.first_stage.key
    return (
        (Handoff.state == HandoffState.ACCEPTED)
        & Handoff.contacted_at.is_(None)
        & (func.coalesce(Handoff.stage, first) == first)
    )
