"""Who posts to the intake API in a shape of its own, as the playbook describes it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from qualification.rules.playbook.field_types import Expression, Key, read_page
from qualification.rules.playbook.known_senders import KNOWN, KnownSender, Signature
from qualification.rules.playbook.schema import Keyed
from qualification.rules.values import expressions
from qualification.rules.values.suggestions import choose_from


def _known(name: str) -> str:
    if name not in KNOWN:
        raise ValueError(f"`{name}` isn't one of the mappings; {choose_from(name, KNOWN)}")
    return name


class Sender(Keyed):
    """Who posts what it has in a shape of its own, and what that means here.

    `like` names a mapping that comes with Baton; what is written beside it takes the place of its fields, one by one.
    `each` finds the entries of a payload that holds several, `when` says which of them are taken. With a kind of
    activity an entry is something that a lead did, without one it is a lead. `checklist` finds the lead's words about
    items of a checklist, which are proposed to the rep. `redirect` is where a visitor goes who sent a plain form of a
    page.
    """

    like: Annotated[str, AfterValidator(_known)] | None = None
    signature: Signature | None = None
    each: Annotated[str, AfterValidator(expressions.check)] | None = None
    when: Annotated[str, AfterValidator(expressions.check)] | None = None
    lead: dict[str, Expression] = Field(default_factory=dict)
    activity: dict[str, Expression] = Field(default_factory=dict)
    checklist: dict[Key, Expression] = Field(default_factory=dict)
    redirect: Annotated[str, AfterValidator(read_page)] | None = None

    @property
    def known(self) -> KnownSender | None:
        """Return the mapping that it is like, None where it says everything itself."""
        return KNOWN[self.like] if self.like else None

    @property
    def signed(self) -> Signature | None:
        """Return how it signs what it sends, None where it does not."""
        return self.signature or (self.known.signature if self.known else None)
