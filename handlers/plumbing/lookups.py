"""What somebody looked up goes into the audit before it is shown."""

from handlers.plumbing.context import Now, Transactions, Workspace
from qualification.views import lookups
from qualification.views.lookups import Lookup


def record_lookup(
    lookup: Lookup | None, user_id: str, transaction: Transactions, now: Now, workspace: Workspace
) -> None:
    """Record it in a transaction of its own; nothing where the answer shows nobody."""
    if lookup is None or not lookup.lead_ids:
        return
    with transaction() as session:
        lookups.record(session, workspace.id, user_id, lookup, now=now())
