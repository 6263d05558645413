"""Whether somebody's absence makes a difference."""

from qualification.people import absence
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK


def dealt_leads(desk: Desk) -> set[str]:
    """Return whom a pool deals leads."""
    everybody = {"UANA", "UBEN", "UCHLOE", "UMAYA", "UMIKA", "UOLU", "UNOBODY"}
    return desk.reads(lambda session: {each for each in everybody if absence.in_pool(session, desk.workspace_id, each)})


def test_the_pools_of_the_newest_playbook_say_who_is_dealt_leads(desk: Desk) -> None:
    assert dealt_leads(desk) == {"UANA", "UBEN", "UCHLOE"}
    inbound = next(line for line in PLAYBOOK.splitlines() if "inbound: {" in line)
    desk.publishes(PLAYBOOK.replace(inbound + "\n", "").replace("pool: inbound", "pool: webinars"))
    assert dealt_leads(desk) == {"UANA", "UBEN"}
    desk.publishes(PLAYBOOK.replace("UBEN, UCHLOE]", "UCHLOE]").replace("[UANA, UBEN]", "[UANA]"))
    assert dealt_leads(desk) == {"UANA", "UCHLOE"}
