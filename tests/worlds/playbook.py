"""The one playbook of the tests, and what the situations change of it."""

from typing import Final

# A team in London with three reps and two pools. People go by the Slack users that the tests make up.
PLAYBOOK: Final = """
version: 1
hours: {mon-fri: "09:00-17:00"}
teams:
  emea: {name: EMEA, manager: UMAYA, channel: "#sales-emea", zone: Europe/London}
people:
  - {slack: UANA, name: Ana Ruiz, roles: [rep], team: emea}
  - {slack: UBEN, name: Ben Okafor, roles: [rep], team: emea}
  - {slack: UCHLOE, name: Chloe Martin, roles: [rep], team: emea}
  - {slack: UMAYA, name: Maya Cohen, roles: [manager], team: emea}
  - {slack: UMIKA, name: Mika Sato, roles: [marketer]}
  - {slack: UOLU, name: Olu Adeyemi, roles: [admin]}
pools:
  inbound: {name: Inbound, team: emea, members: [UANA, UBEN, UCHLOE]}
  webinars: {name: Webinars, team: emea, members: [UANA, UBEN]}
rules:
  - {name: Webinars, when: {source: webinar}, pool: webinars, offer: claim}
  - {name: Everything else, pool: inbound}
clocks: {accept_within: 30m, remind_after: 15m, offers: 2, undo_within: 5m}
"""
# The same people as the sample workspace of the sandbox has them.
ADDRESSES: Final = {
    "UANA": "ana.ruiz@northwind.example",
    "UBEN": "ben.okafor@northwind.example",
    "UCHLOE": "chloe.martin@northwind.example",
    "UMAYA": "maya.cohen@northwind.example",
    "UMIKA": "mika.sato@northwind.example",
    "UOLU": "olu.adeyemi@northwind.example",
}


def without(text: str, *slack_user_ids: str) -> str:
    """Return the playbook without these people, who are no longer in a pool either."""
    for user in slack_user_ids:
        lines = [line for line in text.splitlines(keepends=True) if f"{{slack: {user}," not in line]
        text = "".join(lines).replace(f", {user}]", "]").replace(f"[{user}, ", "[")
    return text


def at_any_hour(text: str) -> str:
    """Return the playbook of a team that never sleeps."""
    return text.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-24:00"')


def by_address(text: str) -> str:
    """Return the playbook with people named by their e-mail addresses."""
    for user, address in ADDRESSES.items():
        text = text.replace(f"slack: {user},", f"email: {address},").replace(user, address)
    return text


# A sandbox's sales floor: two reps, their manager, and who hands leads over.
TWO_REPS: Final = by_address(without(PLAYBOOK, "UCHLOE", "UOLU"))
