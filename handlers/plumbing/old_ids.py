"""Ids that Baton used before they were renamed, old to new: messages and modals in Slack that carry them still work."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# What buttons and modals are called, and what an entry of a card's menu carries.
ACTIONS: Final[Mapping[str, str]] = MappingProxyType({"pass_on": "decline", "not_now": "snooze"})  # nosec B105  # names of buttons
# What buttons alone are called, where their modal has always had the new name.
BUTTONS: Final[Mapping[str, str]] = MappingProxyType({"assign": "reassign"})
# What a list of the Home tab is called by the buttons that turn its pages.
LISTS: Final[Mapping[str, str]] = MappingProxyType({"asleep": "snoozed"})
