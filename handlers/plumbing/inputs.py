"""What people did in Slack, as plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qualification.handoffs.context import HandoffCommand


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: who typed it where, and the words after it, as they were typed."""

    user_id: str
    user_name: str
    trigger_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody used a button or a select; `private` where it stood in an answer that only they see.

    `page` is the lead whose page that answer is, None where it is another answer.
    """

    user_id: str
    user_name: str
    trigger_id: str
    response_url: str | None
    private: bool
    page: int | None


@dataclass(frozen=True, slots=True)
class Press(Click):
    """Somebody used a control of one handoff; `stage` and `do` are empty except in the controls that choose one.

    `task` is the step that the control is about, None in every other.
    """

    handoff: int
    offer: int | None
    task: int | None
    stage: str
    do: str

    def command(self, workspace_id: int, now: datetime) -> HandoffCommand:
        """Return what a decision about the handoff is given."""
        return HandoffCommand(workspace_id, self.user_id, self.handoff, now, self.offer)


@dataclass(frozen=True, slots=True)
class Pick(Click):
    """Somebody used a control of one lead, or of one merge; 0 where it carries none."""

    lead: int
    merge: int


@dataclass(frozen=True, slots=True)
class AskAgain(Click):
    """Somebody used a control of an answer; `words` are what was asked."""

    words: str


@dataclass(frozen=True, slots=True)
class Turn(Click):
    """Somebody turned to another page of a list on their Home tab."""

    list: str
    number: int


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Somebody used the shortcut in a message's menu: who wrote it, what it shows, in plain words, and its address.

    `permalink` is None where Slack does not say enough of where the message stands.
    """

    user_id: str
    user_name: str
    trigger_id: str
    author: str
    text: str
    permalink: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """A modal as it is filled in: texts by block, and what the chosen options carry by block."""

    user_id: str
    user_name: str
    view_id: str
    texts: Mapping[str, str]
    options: Mapping[str, Mapping[str, Any]]

    def text(self, field: str) -> str:
        """Return what was typed or picked there, empty where nothing was."""
        return self.texts.get(field, "")

    def choice(self, field: str, name: str | None = None) -> str:
        """Return the key that the chosen option carries under `name`, or under the field's own; empty for none."""
        return str(self.options.get(field, {}).get(name or field, ""))


@dataclass(frozen=True, slots=True)
class Decision(Form):
    """A modal about one handoff, and about the offer that stood open when it was drawn."""

    handoff: int
    offer: int | None

    def command(self, workspace_id: int, now: datetime) -> HandoffCommand:
        """Return what a decision about the handoff is given."""
        return HandoffCommand(workspace_id, self.user_id, self.handoff, now, self.offer)
