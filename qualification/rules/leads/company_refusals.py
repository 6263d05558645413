"""What is refused to whoever says that a lead is at another company."""

from qualification.rules.person_ref import PersonRef
from qualification.rules.refusals import Refusal


class CannotSetCompany(Refusal):
    """Only the people in `may` say at which company the lead is; when nobody is named, an administrator does."""

    name = "cannot_set_company"

    def __init__(self, *, may: tuple[PersonRef, ...]) -> None:
        """Say who may."""
        super().__init__(may=may)
