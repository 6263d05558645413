"""People who press, fill in and type in Slack, all at once, each on a thread of their own."""

import json
import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import templates
from sandbox.journal import Delivery
from sandbox.people.driver import Person
from sandbox.people.snapshots import DriverError, Message
from sandbox.workspace import inputs
from tests.faults.ledger import Act, Answer
from tests.faults.world import CHANNEL, World
from tests.worlds import floor

# How many of the newest messages somebody looks at, and how often they act on what they saw a while ago.
NEWEST: Final = 25
STALE: Final = 0.1
# How often somebody tries what nobody has done yet.
RARE: Final = 0.4
# The share of leads that come from a webinar.
WEBINARS: Final = 0.4
# How often a person submits a form again that got no answer.
TRIES: Final = 3
REFERENCE: Final = "00000000"
FAILED: Final = (
    templates.sentence("replies/apology", reference=REFERENCE).partition(REFERENCE)[0],
    *(templates.sentence("replies/unreachable", locale=locale) for locale in ("en", "de")),
)
COUNTED: Final = (
    templates.sentence("replies/saved", reference=REFERENCE).partition(REFERENCE)[0],
    *(templates.sentence("replies/refusals/came_twice", locale=locale) for locale in ("en", "de")),
)
# What each does, with how often.
REP: Final = {
    "accept": 8,
    "claim": 4,
    "decline": 4,
    "disqualify": 3,
    "snooze": 2,
    "undo": 3,
    "reopen": 2,
    "log contact": 5,
    "checklist": 4,
    "edit": 3,
    "stage": 4,
    "task done": 4,
    "task not done": 2,
    "/lead": 1,
    "/bant": 1,
    "/pipeline": 1,
    "/baton": 1,
    "home": 2,
}
MANAGER: Final = {
    "accept": 3,
    "reassign": 6,
    "disqualify": 2,
    "reopen": 2,
    "undo": 2,
    "log contact": 2,
    "/pipeline": 2,
    "home": 2,
}
MARKETER: Final = {"hand over": 10, "/lead": 1, "/pipeline": 1, "home": 1}
ADMINISTRATOR: Final = {"delete a card": 1, "home": 2, "/pipeline": 1, "hand over": 2}
STAFF: Final[Mapping[str, Mapping[str, int]]] = {
    "Ana Ruiz": REP,
    "Ben Okafor": REP,
    "Chloe Martin": REP,
    "Maya Cohen": MANAGER,
    "Mika Sato": MARKETER,
    "Olu Adeyemi": ADMINISTRATOR,
}
# Acts that are one press: the button's action id.
PRESSES: Final = {
    "accept": "accept",
    "claim": "claim",
    "undo": "undo",
    "reopen": "reopen",
    "task done": "task_done",
    "task not done": "task_not_done",
}
# Acts that are a form: the control that opens it, which entry of it, and the form's name.
FORMS: Final[Mapping[str, tuple[str, str | None, str]]] = {
    "decline": ("decline", None, "decline"),
    "disqualify": ("disqualify", None, "disqualify"),
    "snooze": ("snooze", None, "snooze"),
    "log contact": ("log_contact", None, "log_contact"),
    "checklist": ("checklist", None, "checklist"),
    "edit": ("more", "edit", "edit_lead"),
    "reassign": ("reassign", None, "reassign"),
}
ITEMS: Final = ("budget", "authority", "need", "timing")
KINDS: Final = frozenset(act for does in STAFF.values() for act in does)


@dataclass
class Worker:
    """One person at work: quick as long as the bot answers; who hears nothing waits a little."""

    world: World
    who: Person
    does: Mapping[str, int]
    chance: random.Random
    seen: Message | None = None

    def run(self, stop: threading.Event) -> None:
        """Act until `stop` is set."""
        kinds, weights = list(self.does), list(self.does.values())
        while not stop.is_set():
            (kind,) = self.chance.choices(kinds, weights)
            if self.chance.random() < RARE and (rare := [each for each in kinds if self._is_new(each)]):
                kind = self.chance.choice(rare)
            # What is not there any more, or not yet, cannot be pressed; somebody looks again and does something else.
            act = None
            with suppress(DriverError):
                act = self.act(kind)
            self.close()
            unheard = act is not None and act.answer is Answer.UNANSWERED
            stop.wait(self.chance.uniform(0.5, 1.5) if unheard else self.chance.uniform(0, 0.2))

    def _is_new(self, kind: str) -> bool:
        return kind not in self.world.ledger.acknowledged

    def act(self, kind: str) -> Act | None:
        """Do one thing of this kind, if there is anything to do it on."""
        if kind in PRESSES:
            return self.press_on(kind, self._message(PRESSES[kind]))
        if kind in FORMS:
            return self.fill_and_submit(kind, self._message(FORMS[kind][0]))
        if kind.startswith("/"):
            return self._command(kind)
        if kind == "hand over":
            return self.hand_over("webinar" if self.chance.random() < WEBINARS else None)
        others = {"stage": self._stage, "home": self._home, "delete a card": self._delete}
        return others[kind]()

    def press_on(self, kind: str, message: Message) -> Act | None:
        """Press the button of an act on this message."""
        control = next(each for each in message.controls if each.place.key[1] == PRESSES[kind])
        value = json.loads(control.place.element["value"])
        task = f"task {value['task']}" if "task" in value else None
        return self.do(
            kind, lambda: self.who.presses(PRESSES[kind], on=message), mark=task, target=int(value["handoff"])
        )

    def fill_and_submit(self, kind: str, message: Message) -> Act | None:
        """Open a form from this message, fill it in with a mark, and submit it; else return what opened nothing."""
        action, entry, form = FORMS[kind]
        mark = self.world.ledger.mark()
        target = next(_handoff(each.place.element) for each in message.controls if each.place.key[1] == action)
        facts = {"do": entry} if entry else {}
        opening = self.do(f"open {kind}", lambda: floor.press(self.who, action, message, **facts), target=target)
        if floor.shown(self.who) != form:
            return opening
        self._fill(kind, mark)
        return self.submit(kind, mark, target)

    def do(
        self, kind: str, act: Callable[[], None], *, mark: str | None = None, target: int | None = None
    ) -> Act | None:
        """Act once, and write down what was answered; None where Slack's client sent nothing."""
        journal = self.world.sandbox.slack.journal
        calls, deliveries = journal.lengths()
        at = self.world.time.slack()
        act()
        sent = [
            each
            for each in journal.deliveries(since=deliveries)
            if each.kind != "events_api" and _user(each.payload) == self.who.id
        ]
        if not sent:
            return None
        # Where it came twice at once, the first is what the person waits for.
        answer, words = self._answer(sent[0], calls)
        if len(sent) > 1 and answer in {Answer.REFUSED, Answer.FAILED}:
            # The other copy may have counted, whatever became of this one.
            answer = Answer.UNANSWERED
        return self.world.ledger.write(
            kind, self.who.name, at, answer, mark=mark, target=target, words=words, delivery=sent[0]
        )

    def submit(self, kind: str, mark: str, target: int | None) -> Act | None:
        """Submit the topmost form until it is answered: one act, whose answer is that of the last try."""
        first: Act | None = None
        for _ in range(TRIES):
            again = first is not None
            act = self.do(
                "submit again" if again else kind, self.who.submits, mark=None if again else mark, target=target
            )
            if act is None:
                break
            if first is None:
                first = act
            elif act.answer in {Answer.REFUSED, Answer.FAILED}:
                # An earlier try may have counted, whatever became of this one.
                first.words = act.words
            else:
                first.answer, first.words = act.answer, act.words
            if act.answer is not Answer.UNANSWERED or not self.who.modals:
                break
        return first

    def _answer(self, delivery: Delivery, since: int) -> tuple[Answer, str]:
        if delivery.outcome != "acknowledged":
            return Answer.UNANSWERED, str(delivery.outcome)
        words = self._words(delivery, since)
        if words is None or any(each in words for each in COUNTED):
            return Answer.ACKNOWLEDGED, words or ""
        if any(each in words for each in FAILED):
            return Answer.FAILED, words
        return (Answer.ACKNOWLEDGED if delivery.kind == "slash_commands" else Answer.REFUSED), words

    def _words(self, delivery: Delivery, since: int) -> str | None:
        """Return what the bot said to it, heard or not; None where it said nothing but that it got it."""
        answer, payload = delivery.answer or {}, delivery.payload
        if delivery.kind == "slash_commands":
            return _text(answer)
        if payload["type"] == "view_submission":
            if answer.get("response_action") == "errors":
                return json.dumps(answer["errors"], ensure_ascii=False)
            view = answer.get("view") or {}
            return _text(view) if view.get("callback_id") == "message" else None
        for call in self.world.sandbox.slack.journal.calls(since=since):
            given = call.arguments
            if call.response_url and call.response_url == payload.get("response_url"):
                if not given.get("replace_original"):
                    return _text(given)
            elif call.method in {"views.open", "views.push"} and given.get("trigger_id") == payload.get("trigger_id"):
                view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
                if view.get("callback_id") == "message":
                    return _text(view)
        return None

    def _message(self, action: str) -> Message:
        """Return one of the newest messages that has a control of this action id, or one that was seen before."""
        if self.seen is not None and self.chance.random() < STALE and _has(self.seen.blocks, action):
            return self.seen
        workspace = self.world.sandbox.workspace()
        found = []
        for channel in list(workspace.visible_to(self.who.id)):
            for message in list(channel.messages.values())[-NEWEST:]:
                is_ours = message.author == workspace.app.bot_user_id and not message.ephemeral_to
                if is_ours and _has(message.blocks or (), action):
                    found.append((channel.id, message.ts))
        if not found:
            raise DriverError(f"nothing to press {action} on")
        self.seen = self.who.looks_at(*self.chance.choice(found))
        if not _has(self.seen.blocks, action):
            raise DriverError(f"{action} has gone meanwhile")
        return self.seen

    def _fill(self, kind: str, mark: str) -> None:
        match kind:
            case "checklist":
                self.who.fills({f"evidence-{self.chance.choice(ITEMS)}": mark})
            case "reassign":
                receiver = self.chance.choice([name for name, does in STAFF.items() if does is REP])
                self.who.fills({"to": self.world.sandbox.person(receiver), "note": mark})
            case "snooze":
                day = self.world.time.slack().date() + timedelta(days=self.chance.randint(1, 3))
                self.who.fills({"date": day, "note": mark})
            case "decline" | "disqualify":
                options = next(each.options for each in self.who.modal.controls if each.place.key[0] == "reason")
                self.who.fills({"reason": self.chance.choice(options)[1]})
                self.who.fills({"note": mark})
            case _:
                self.who.fills({"note": mark})

    def _stage(self) -> Act | None:
        message = self._message("stage")
        control = next(each for each in message.controls if each.place.key[1] == "stage")
        # Lost opens a form of its own.
        text, value = self.chance.choice([each for each in control.options[:-1] if each[1] != control.value])
        return self.do(
            "stage",
            lambda: self.who.picks(value, "stage", on=message),
            mark=text,
            target=int(json.loads(value)["handoff"]),
        )

    def hand_over(self, source: str | None) -> Act | None:
        """Hand a lead over; those from a webinar are put before a whole pool."""
        mark = self.world.ledger.mark()
        opening = self.do("open hand over", lambda: self.who.types("/handoff", "#general"))
        if floor.shown(self.who) != "hand_over":
            return opening
        floor.fill(self.who, {"company": f"Firm {mark}", "did": mark})
        if source is not None:
            floor.fill(self.who, {"source": {"source": source}})
        return self.submit("hand over", mark, None)

    def _command(self, kind: str) -> Act | None:
        words = {
            "/baton": self.chance.choice(("away", "back", "back", "")),
            "/lead": f"Firm {self.chance.randint(1, 9)}",
        }
        line = f"{kind} {words.get(kind, '')}".strip()
        return self.do(kind, lambda: self.who.types(line, "#general"), mark=line if kind == "/baton" else None)

    def _home(self) -> Act:
        self.who.opens_home()
        return self.world.ledger.write("home", self.who.name, self.world.time.slack(), Answer.ACKNOWLEDGED)

    def _delete(self) -> Act | None:
        cards = [each for each in self.who.sees(CHANNEL)[-NEWEST:] if each.blocks and "lead-" not in each.text]
        if not cards:
            return None
        card = self.chance.choice(cards)
        self.who.deletes(card)
        return self.world.ledger.write(
            "delete a card", self.who.name, self.world.time.slack(), Answer.ACKNOWLEDGED, mark=card.ts
        )

    def close(self) -> None:
        """Close whatever form is open."""
        with suppress(DriverError):
            self.who.closes(everything=True)


def staff(world: World, seed: int) -> list[Worker]:
    """Return everybody."""
    return [
        Worker(world, world.sandbox.person(name), does, random.Random(f"{seed} {name}"))  # noqa: S311 - not a secret
        for name, does in STAFF.items()
    ]


def _user(payload: Mapping[str, Any]) -> str:
    return str(payload.get("user_id") or payload.get("user", {}).get("id"))


def _handoff(element: Mapping[str, Any]) -> int:
    """Return the handoff that a control is about."""
    value = element.get("value") or element["options"][0]["value"]
    return int(json.loads(value)["handoff"])


def _has(blocks: object, action: str) -> bool:
    return any(place.key[1] == action for place in inputs.places(list(blocks)))  # type: ignore[call-overload]


def _text(given: Mapping[str, Any]) -> str:
    """Return all words of a message or view."""
    return json.dumps(given, ensure_ascii=False)
