"""Somebody as a reader knows them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Somebody as a reader knows them: a name, and a Slack user where there is one."""

    name: str
    slack_user_id: str | None

    @property
    def is_named(self) -> bool:
        """Whether their name is known: until Slack tells it, it is their Slack user's id."""
        return self.name != self.slack_user_id
