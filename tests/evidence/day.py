"""A day of selling: leads are handed over in waves, and the people asked follow the plan, whatever faults strike."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sandbox.faults import Fault
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.evidence.acts import Hands, topmost
from tests.evidence.case import Absence, Case, Look, Standing
from tests.evidence.course import YES, Step
from tests.evidence.faults import disturb
from tests.evidence.sales import MARKETER, channel_of, nearest_country, roadshow_of
from tests.evidence.world import World

# How many companies come while only one office is open, and in each wave after that.
EARLY: Final = 9
WAVE: Final = 19
# By then every office is open.
NOON: Final = timedelta(hours=3, minutes=15)
BETWEEN_WAVES: Final = timedelta(minutes=12)
AWAY: Final = timedelta(hours=2)
# The wave before which two agents leave, the one before which the first is back, and the one in which calls hang.
LEAVE, RETURN, HANGING = 2, 4, 3


@dataclass
class Day:
    """The day of all people. The tests compare the records with `absences` and with what the cases remember."""

    world: World
    cases: Sequence[Case]
    absences: list[Absence] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set up the marketer and the people's actions."""
        self.hands = Hands(self.world.sandbox)
        self.marketer = self.world.person(MARKETER)

    def run(self) -> None:
        """Hand every lead over, and let people work until no lead waits for an answer."""
        self._managers_look_at_home()
        noon = self.world.now + NOON
        self._wave(self.cases[:EARLY], number=0)
        while self.world.now < noon:
            self.world.runs_until(self.world.now + BETWEEN_WAVES)
            self._work()
        for number, start in enumerate(range(EARLY, len(self.cases), WAVE), 1):
            self._come_and_go(number)
            self._wave(self.cases[start : start + WAVE], number)
            self.world.runs_until(self.world.now + BETWEEN_WAVES)
        while self._work():
            self.world.runs_until(self.world.now + BETWEEN_WAVES)
        # Wait until the last decisions can no longer be undone.
        self.world.runs_until(self.world.now + BETWEEN_WAVES)
        self.world.sandbox.heal()
        self.world.settle()

    def is_there(self, name: str, at: datetime) -> bool:
        """Return whether a person could be asked at that moment."""
        return self.world.sales.is_working(name, at) and not any(each.holds(name, at) for each in self.absences)

    def _managers_look_at_home(self) -> None:
        for office in self.world.sales.crm.offices:
            self.world.person(self.world.sales.crm.managers_of(office)[0]).opens_home()

    def _come_and_go(self, number: int) -> None:
        """Let two agents leave, one with no end and one for two hours; later let the first come back."""
        sales, now = self.world.sales, self.world.now
        gone = [members[0] for members in list(sales.pools.values())[-2:]]
        if number == LEAVE:
            for name, until, words in zip(gone, (None, now + AWAY), ("", " in 2 hours"), strict=True):
                who = self.world.person(name)
                self.hands.type(who, f"/baton away{words}", f"#{channel_of(sales.office_of(name))}")
                self.absences.append(Absence(name, now, until))
        if number == RETURN:
            who = self.world.person(gone[0])
            self.hands.type(who, "/baton back", f"#{channel_of(sales.office_of(gone[0]))}")
            self.absences[0] = Absence(gone[0], self.absences[0].since, now)

    def _wave(self, cases: Sequence[Case], number: int) -> None:
        """Hand leads over and let people act, with a new round of faults."""
        self.faults += disturb(self.world.sandbox, hanging=False)
        for case in cases:
            self._hand_over(case)
        self.world.settle()
        self.faults += disturb(self.world.sandbox, hanging=number == HANGING)
        self._work()

    def _hand_over(self, case: Case) -> None:
        """Fill in the form with the CRM's data, and correct the country if the form refuses it."""
        who, lead = self.marketer, case.lead
        self.hands.open(who, lambda: who.types(f"/handoff {lead.account.name}", "#general"))
        assert who.modal.fields["Company"] == lead.account.name
        typed = {
            "Name": lead.person,
            "E-mail": lead.email,
            "What they did": lead.did,
            "Source": roadshow_of(lead.roadshow),
            "Employees": lead.employees,
            "Country": lead.account.country,
            "Deal value": lead.value,
        }
        who.fills(typed)
        left = self.hands.submit(who)
        if left is not None and left.errors:
            assert list(left.errors) == ["Country"], f"{lead.account.name}: {left.errors}"
            assert left.fields.items() >= {"Company": lead.account.name, **typed}.items(), "what was typed is lost"
            case.refused_country = True
            who.fills({"Country": nearest_country(lead.account.country)})
            left = self.hands.submit(who)
        assert left is not None
        assert not left.errors, f"{lead.account.name}: {left.errors}"
        who.closes()

    def _work(self) -> bool:
        """Let people act until nobody has anything to do now; return whether a lead still waits for an answer."""
        while True:
            self.world.settle()
            looks = self.look()
            announced = [case for case in self.cases if case.lead.person in looks]
            # All act on the same view of the channels before anybody looks again.
            acted = [self._next(case, looks[case.lead.person]) for case in announced]
            assert not self.world.unforeseen(), self.world.unforeseen()
            if not any(acted):
                return any(case.steps for case in announced)

    def look(self) -> dict[str, Look]:
        """Return what the cards in the channels show, by the contact's name."""
        cards = [
            card for office in self.world.sales.crm.offices for card in self.marketer.sees(f"#{channel_of(office)}")
        ]
        people = [case.lead.person for case in self.cases]
        return {
            next(name for name in people if name in card.text.splitlines()[0]): Look(
                card,
                next(standing for standing in Standing if standing.value in card.buttons),
                next(iter(card.mentions), "").removeprefix("@"),
            )
            for card in cards
            if card.author != MARKETER
        }

    def _next(self, case: Case, look: Look) -> bool:
        """Take a case's next step; return whether anything was done."""
        if not case.steps:
            return False
        if case.steps[0] is Step.EXPIRE:
            return self._wait(case, look)
        if look.standing is Standing.QUEUED:
            self._work_the_queue(case, look)
        elif look.standing is Standing.POOLED:
            self._as_a_pool(case, look)
        else:
            self._as_asked(case, look)
        return True

    def _as_asked(self, case: Case, look: Look) -> None:
        """Let the person who is asked, has decided or owns the lead take the next step."""
        match case.steps.popleft():
            case Step.ACCEPT:
                self._press(case, look, "Accept", "accepted")
            case Step.DECLINE:
                self._pass_on(case, look)
            case Step.DISQUALIFY:
                self._disqualify(case, look, look.named)
            case Step.UNDO:
                self._press(case, look, "Undo", "undone")
            case Step.QUALIFY:
                self._qualify(case, look)

    def _as_a_pool(self, case: Case, look: Look) -> None:
        """Let two members of the pool claim the lead at once, or the last one disqualify it."""
        match case.steps.popleft():
            case Step.ACCEPT:
                self._claim(case, look)
            case Step.DISQUALIFY:
                self._disqualify(case, look, self.world.sales.pools[case.lead.destination.pool][-1])
            case _:
                # A pool's lead has no "Not mine", so nobody claims it.
                case.steps = deque([Step.EXPIRE])

    def _wait(self, case: Case, look: Look) -> bool:
        """Do nothing until the card says that someone else is asked."""
        now = (look.standing, look.named)
        if case.waited_before is None and look.standing is not Standing.QUEUED:
            case.waited_before = now
        if case.waited_before == now:
            return False
        case.done["expired"] += case.waited_before is not None
        case.waited_before = None
        case.steps.popleft()
        return True

    def _work_the_queue(self, case: Case, look: Look) -> None:
        """Let the manager take the lead, let the other manager assign it to an agent, or leave it in the queue."""
        match case.number % 3:
            case 0:
                self._press(case, look, "Accept", "accepted")
                case.steps = deque(step for step in case.steps if step is Step.QUALIFY)
            case 1:
                self._assign(case, look)
                case.steps = deque([Step.ACCEPT, *(step for step in case.steps if step is Step.QUALIFY)])
            case _:
                case.steps.clear()

    def _press(self, case: Case, look: Look, label: str, done: str) -> None:
        who = self.world.person(look.named)
        self.hands.press(who, label, self._card(who, case, look))
        case.done[done] += 1
        case.verdict, case.decided_by = (None, None) if done == "undone" else (Standing.ACCEPTED, look.named)

    def _claim(self, case: Case, look: Look) -> None:
        """Let two members of the pool press Claim at the same instant."""
        rivals = self.world.sales.pools[case.lead.destination.pool][:2]
        self.hands.press_at_once([self.world.person(name) for name in rivals], Standing.POOLED.value, look.card)
        self.world.settle()
        case.verdict, case.decided_by = Standing.ACCEPTED, self.look()[case.lead.person].named
        assert case.decided_by in rivals, f"{case.lead.person} is with {case.decided_by}, who never claimed them"
        case.done["accepted"] += 1
        case.done["claimed"] += 1

    def _pass_on(self, case: Case, look: Look) -> None:
        who = self.world.person(look.named)
        self.hands.open_by(who, "Not mine", self._card(who, case, look))
        self.hands.pick(who, "No time now", "Reason")
        self.hands.hand_in(who)
        case.done["declined"] += 1

    def _disqualify(self, case: Case, look: Look, name: str) -> None:
        who = self.world.person(name)
        self.hands.open_by(who, "Disqualify…", self._card(who, case, look))
        self.hands.pick(who, "No budget", "Reason")
        who.fills({"Note": "Next year perhaps"})
        self.hands.hand_in(who)
        case.done["disqualified"] += 1
        case.verdict, case.decided_by = Standing.ENDED, name

    def _assign(self, case: Case, look: Look) -> None:
        office = self.world.sales.office_of(look.named)
        who = self.world.person(self.world.sales.crm.managers_of(office)[-1])
        self.hands.open_by(who, Standing.QUEUED.value, self._card(who, case, look))
        who.fills({"Who should take it?": self.world.person(self.world.sales.pools[case.lead.destination.pool][0])})
        self.hands.hand_in(who)
        case.done["reassigned"] += 1

    def _qualify(self, case: Case, look: Look) -> None:
        """Work through the checklist: pick every verdict, then type notes for the yeses."""
        who = self.world.person(look.named)
        self.hands.open_by(who, Standing.ACCEPTED.value, self._card(who, case, look))
        for item, verdict in case.lead.verdicts:
            self.hands.pick(who, verdict, f"{item}: what do we know?")
            self._remember(case, item, verdict)
        for item, verdict in case.verdicts.items():
            if verdict == YES:
                who.fills({f"{item}: in the lead’s words": f"They said so about {item.lower()}."})
        self.hands.hand_in(who)
        assert topmost(who) is None

    @staticmethod
    def _remember(case: Case, item: str, verdict: str) -> None:
        case.done["answered"] += case.verdicts.get(item, "Not yet known") != verdict
        case.verdicts[item] = verdict
        passed = list(case.verdicts.values()).count(YES) >= 3
        case.done["checklist_passed"] += passed and not case.passed
        case.passed = passed

    def _card(self, who: Person, case: Case, look: Look) -> Message:
        """Return the lead's card from a person's direct messages, or else the card in the channel."""
        cards = [each for each in who.direct_messages if case.lead.person in each.text and each.buttons]
        assert len(cards) <= 1, f"{who.name} has {len(cards)} cards of {case.lead.person} with buttons"
        return cards[0] if cards else look.card
