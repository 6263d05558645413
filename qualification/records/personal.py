"""What the columns of a table hold of people, declared beside each model: erase, export and docs read these lists."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonalColumns:
    """What each column of a table holds; every column stands in exactly one of the lists.

    `of_lead` are a lead's words, or tell who they are: erase empties them, export gives them. `about_lead` are facts of
    a lead that figures are counted from: erase keeps them, export gives them. `of_staff` are about the people who
    work with leads: erase keeps them, export gives them as part of a lead's history. `of_sender` are about whoever
    posts or imports. `of_nobody` tell nothing of a person: ids of rows, the playbook's versions, delivery's counts.

    With `ends_with_lead` a row says only who a lead is: erase deletes it.
    """

    of_lead: tuple[str, ...] = ()
    about_lead: tuple[str, ...] = ()
    of_staff: tuple[str, ...] = ()
    of_sender: tuple[str, ...] = ()
    of_nobody: tuple[str, ...] = ()
    ends_with_lead: bool = False

    def __iter__(self) -> Iterator[str]:
        """Yield every column that is declared."""
        yield from self.of_lead
        yield from self.about_lead
        yield from self.of_staff
        yield from self.of_sender
        yield from self.of_nobody

    @property
    def exported(self) -> frozenset[str]:
        """The columns that the export of a lead gives."""
        return frozenset({*self.of_lead, *self.about_lead, *self.of_staff})
