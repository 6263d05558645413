"""Who may do and see what, found by trying every request as everybody: the table in docs/security.md.

`python -m tests.handlers.rights_matrix` writes it anew, for whoever has changed a right and looked at the difference.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

import handlers
import migrations
from bot.app import build
from bot.database import Database
from bot.delivery import rendering
from bot.settings import Settings
from bot.slack.rate_limits import UNLIMITED
from qualification.handoffs import tasks
from qualification.outbox import surfaces
from qualification.people import people
from qualification.records import ChannelQueue, Delivery, Handoff
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds import rights
from tests.worlds.keys import PERSONAL_KEY
from tests.worlds.rights import PEOPLE, Json, RightsWorld, Subject, Told, told

MANIFEST: Final = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "security.md"
TUESDAY: Final = datetime(2026, 11, 24, 10, tzinfo=UTC)
BEGIN, END = "<!-- matrix -->\n", "<!-- end of matrix -->\n"
NEXT_MONTH: Final = "2026-12-24"
SEEN: Final = {Told.NOTHING: "", Told.OUTCOME: "outcome", Told.LEAD: "lead", Told.CONTACT: "contact"}

Make = Callable[[RightsWorld, str, Subject], Json]


@dataclass(frozen=True, slots=True)
class Row:
    """One request about a lead in one state; `listener` is what handlers.register calls it."""

    listener: str
    state: str
    make: Make
    note: str = ""

    @property
    def name(self) -> str:
        """How the table calls it."""
        called = self.listener.removeprefix("command ").removeprefix("action ")
        return f"`{called}`{f' ({self.note})' if self.note else ''}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of a request: whether it changed anything, and how much of the lead its answer told."""

    changed: bool
    told: Told

    def __str__(self) -> str:
        """Say it in a word or two."""
        return " · ".join(filter(None, ("does" if self.changed else "", SEEN[self.told]))) or "–"


def about(subject: Subject, **more: object) -> Json:
    """Return what a control of a handoff carries."""
    return {"handoff": subject.handoff_id, "offer": subject.offer_id, **more}


def pressed(listener: str, state: str, **more: object) -> Row:
    """Return the press of a handoff's button."""
    action_id = listener.partition(" ")[2]
    return Row(
        listener, state, lambda world, kind, subject: rights.button(world, kind, action_id, about(subject, **more))
    )


def submitted(listener: str, state: str, *, texts: Mapping[str, str] | None = None, **chosen: Json) -> Row:
    """Return a handoff's form, submitted."""
    callback = listener.partition(" ")[2]

    def make(world: RightsWorld, kind: str, subject: Subject) -> Json:
        return rights.submission(world, kind, callback, about(subject), texts=dict(texts or {}), chosen=chosen)

    return Row(listener, state, make)


def typed(name: str, words: Callable[[Subject], str], state: str, note: str) -> Row:
    """Return a slash command."""
    return Row(
        f"command {name}", state, lambda world, kind, subject: rights.command(world, kind, name, words(subject)), note
    )


def _open_task(world: RightsWorld, kind: str, subject: Subject) -> Json:
    return rights.button(world, kind, "task_done", about(subject, task=subject.task_id))


def _done_task(world: RightsWorld, kind: str, subject: Subject) -> Json:
    return rights.button(world, kind, "task_not_done", about(subject, task=subject.task_id))


def _reason_picked(world: RightsWorld, kind: str, subject: Subject) -> Json:
    picked = {"reason": {"disqualify_reason": {"selected_option": {"value": json.dumps({"reason": "other"})}}}}
    return rights.button(world, kind, "disqualify_reason", None, view=rights.view("disqualify", about(subject), picked))


def _verdict_picked(world: RightsWorld, kind: str, subject: Subject) -> Json:
    picked = {"verdict-need": {"verdict": {"selected_option": {"value": json.dumps({"verdict": "yes"})}}}}
    return rights.button(world, kind, "verdict", None, view=rights.view("checklist", about(subject), picked))


def _handed_over(world: RightsWorld, kind: str, subject: Subject) -> Json:
    texts = {"company": "Firm", "email": rights.form_of(subject.number).email, "did": "Called"}
    return rights.submission(world, kind, "hand_over", {}, texts=texts)


def _handed_over_by_id(world: RightsWorld, kind: str, subject: Subject) -> Json:
    return rights.submission(
        world, kind, "hand_over", {"lead": subject.lead_id}, texts={"company": "Firm", "did": "Called"}
    )


def _shortcut(world: RightsWorld, kind: str, subject: Subject) -> Json:
    del subject
    made = rights.button(world, kind, "", None)
    message = {"type": "message", "user": world.user("manager"), "text": "A word", "ts": "1700000000.000100"}
    channel = {"id": next(iter(world.sandbox.workspace().channels)), "name": "general"}
    return {**made, "type": "message_action", "callback_id": "hand_off_message", "message": message, "channel": channel}


def _lead_button(listener: str, state: str) -> Row:
    action_id = listener.partition(" ")[2]

    def make(world: RightsWorld, kind: str, subject: Subject) -> Json:
        return rights.button(world, kind, action_id, {"lead": subject.lead_id, "merge": subject.merge_id})

    return Row(listener, state, make)


def _merge_looked_up(world: RightsWorld, kind: str, subject: Subject) -> Json:
    other = world.subjects["won", "whose it is"].lead_id
    return rights.submission(
        world, kind, "merge_lead", {"lead": subject.lead_id}, texts={"query": ""}, chosen={"other": {"lead": other}}
    )


def _merged_by_hand(world: RightsWorld, kind: str, subject: Subject) -> Json:
    about_both = {"lead": subject.lead_id, "with": world.subjects["won", "whose it is"].lead_id}
    return rights.submission(world, kind, "merge_leads", about_both)


def _own_company(world: RightsWorld, kind: str, subject: Subject) -> Json:
    return rights.submission(world, kind, "own_company", {"lead": subject.lead_id}, texts={"own_company": "Firm"})


def _plain(listener: str, value: Json | None = None, note: str = "") -> Row:
    action_id = listener.partition(" ")[2]
    return Row(listener, "offered", lambda world, kind, _: rights.button(world, kind, action_id, value), note)


def _event(listener: str, given: Callable[[RightsWorld, str], Json]) -> Row:
    return Row(
        listener,
        "offered",
        lambda world, kind, _: rights.event(world, {"type": listener.partition(" ")[2], **given(world, kind)}),
    )


def _email(subject: Subject) -> str:
    return rights.form_of(subject.number).email


REASON: Final[Json] = {"reason": "no-need"}
ROWS: Final[tuple[Row, ...]] = (
    pressed("action accept", "offered"),
    pressed("action claim", "pooled"),
    pressed("action decline", "offered"),
    submitted("view decline", "offered", reason={"reason": "no-time"}),
    pressed("action disqualify", "offered"),
    Row("action disqualify_reason", "offered", _reason_picked),
    submitted("view disqualify", "offered", reason=REASON),
    pressed("action snooze", "offered"),
    submitted("view snooze", "offered", texts={"date": NEXT_MONTH}),
    pressed("action undo", "disqualified"),
    pressed("action reopen", "disqualified"),
    Row(
        "action reopen",
        "snoozed",
        lambda world, kind, subject: rights.button(world, kind, "reopen", about(subject)),
        "put off",
    ),
    Row(
        "action reopen", "won", lambda world, kind, subject: rights.button(world, kind, "reopen", about(subject)), "won"
    ),
    pressed("action reassign", "queue"),
    Row(
        "view reassign",
        "queue",
        lambda world, kind, subject: rights.submission(
            world, kind, "reassign", about(subject), texts={"to": world.user("team colleague")}
        ),
    ),
    pressed("action log_contact", "accepted"),
    submitted("view log_contact", "accepted", kind={"kind": "call"}),
    Row(
        "action stage",
        "accepted",
        lambda world, kind, subject: rights.choice(world, kind, "stage", about(subject, stage="follow-up")),
    ),
    submitted("view lose", "accepted", reason={"reason": "price"}),
    Row("action task_done", "accepted", _open_task),
    Row("action task_not_done", "accepted", _done_task),
    Row(
        "action more",
        "accepted",
        lambda world, kind, subject: rights.choice(world, kind, "more", about(subject, do="edit")),
        "edit",
    ),
    Row(
        "action more",
        "accepted",
        lambda world, kind, subject: rights.choice(world, kind, "more", about(subject, do="reveal")),
        "reveal",
    ),
    pressed("action reveal", "accepted"),
    Row(
        "action reveal", "won", lambda world, kind, subject: rights.button(world, kind, "reveal", about(subject)), "won"
    ),
    submitted("view edit_lead", "accepted", texts={"value": "5", "note": "A word"}),
    pressed("action checklist", "accepted"),
    Row("action verdict", "accepted", _verdict_picked),
    submitted("view checklist", "accepted", texts={"evidence-need": "They said so"}),
    Row(
        "view pick_lead",
        "accepted",
        lambda world, kind, subject: rights.submission(world, kind, "pick_lead", {}, chosen={"lead": about(subject)}),
    ),
    typed("/bant", lambda subject: f"Quartz{subject.number:02d}", "accepted", "company"),
    typed("/bant", _email, "accepted", "address"),
    typed("/bant", _email, "offered", "address, offered"),
    typed("/lead", lambda subject: f"Quartz{subject.number:02d}", "accepted", "company"),
    typed("/lead", _email, "accepted", "address"),
    typed("/lead", lambda subject: f"Quartz{subject.number:02d}", "pooled", "company, open to a pool"),
    typed("/lead", lambda subject: f"Quartz{subject.number:02d}", "won", "company, won"),
    typed("/lead", lambda subject: f"Quartz{subject.number:02d}", "snoozed", "company, put off"),
    typed("/lead", lambda subject: f"Quartz{subject.number:02d}", "unknown to sales", "company, never with sales"),
    typed("/lead", lambda _: "", "accepted", "mine"),
    typed("/lead", lambda _: "held", "held", "held"),
    _lead_button("action show_lead", "accepted"),
    _lead_button("action hand_over_lead", "unknown to sales"),
    _lead_button("action split_lead", "merged"),
    _lead_button("action merge_lead", "accepted"),
    Row("view merge_lead", "accepted", _merge_looked_up),
    Row("view merge_leads", "accepted", _merged_by_hand),
    _lead_button("action own_company", "accepted"),
    Row("view own_company", "accepted", _own_company),
    _lead_button("action former_company", "moved"),
    _lead_button("action erase_lead", "accepted"),
    Row(
        "view erase",
        "accepted",
        lambda world, kind, subject: rights.submission(world, kind, "erase", {"lead": subject.lead_id}),
    ),
    typed("/handoff", lambda _: "Firm", "accepted", ""),
    _plain("action baton_hand_over"),
    Row("shortcut hand_off_message", "accepted", _shortcut),
    Row("view hand_over", "accepted", _handed_over, "the address of a lead that sales has"),
    Row("view hand_over", "unknown to sales", _handed_over_by_id, "from the page of a lead"),
    typed("/pipeline", lambda _: "", "accepted", ""),
    typed("/pipeline", lambda _: "by rep", "accepted", "by rep"),
    _plain("action share_pipeline", {"words": ""}),
    _plain("action measures"),
    typed("/baton", lambda _: "", "accepted", ""),
    typed("/baton", lambda _: "away", "accepted", "away"),
    _plain("action baton_away"),
    Row(
        "view away",
        "offered",
        lambda world, kind, _: rights.submission(world, kind, "away", {}, texts={"date": NEXT_MONTH, "time": ""}),
    ),
    _plain("action baton_back"),
    _plain("action home_previous", {"list": "mine", "page": 1}),
    _plain("action home_next", {"list": "mine", "page": 2}),
    _event("event app_home_opened", lambda world, kind: {"user": world.user(kind), "tab": "home"}),
    _event("event user_change", lambda world, kind: {"user": {"id": world.user(kind), "profile": {}}}),
    _event("event message", lambda world, kind: {"user": world.user(kind), "text": "A word", "channel": "C1"}),
    _event("event member_joined_channel", lambda world, kind: {"user": world.user(kind), "channel": "C1"}),
    pressed("action pass_on", "offered"),
    submitted("view pass_on", "offered", reason={"reason": "no-time"}),
    pressed("action not_now", "offered"),
    submitted("view not_now", "offered", texts={"date": NEXT_MONTH}),
    pressed("action assign", "queue"),
)
_MAY_HAVE_A_CARD: Final = ("whose it is", "pool colleague", "manager", "former rep", "deactivated rep")
_MAY_HAVE_ANNOUNCED: Final = ("who announced", "marketer", "former rep", "member")
# What the bot shows by itself: the kind of message, the lead's state, and who may have such a message.
SHOWN: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "direct card (offered)": ("direct_card", "offered", _MAY_HAVE_A_CARD),
    "direct card (accepted)": ("direct_card", "accepted", _MAY_HAVE_A_CARD),
    "direct card (won)": ("direct_card", "won", _MAY_HAVE_A_CARD),
    "receipt": ("receipt", "accepted", _MAY_HAVE_ANNOUNCED),
    "Home": ("home", "accepted", tuple(PEOPLE)),
}


class _Listed:
    """Writes down what handlers.register tells Bolt."""

    def __init__(self) -> None:
        self.listeners: list[str] = []

    def __getattr__(self, kind: str) -> Callable[[object], Callable[[object], None]]:
        def listen(name: object) -> Callable[[object], None]:
            if kind != "error":
                self.listeners.append(f"{kind} {name}")
            return lambda _: None

        return listen


def listeners() -> list[str]:
    """Return everything that somebody listens to, each by its kind and name."""
    listed = _Listed()
    handlers.register(listed)  # type: ignore[arg-type]
    return listed.listeners


@contextmanager
def open_world() -> Iterator[RightsWorld]:
    """Start a Slack and the bot on SQLite, with everybody and every lead there; no worker sends anything."""
    folder = Path(tempfile.mkdtemp(prefix="baton-rights-"))
    clock = ManualClock(TUESDAY)
    try:
        with Sandbox(MANIFEST, clock=clock, seed=(rights.SEED,), rate_limits=False) as sandbox:
            url = f"sqlite:///{folder / 'baton.db'}"
            migrations.upgrade(url)
            settings = Settings(
                database_url=url,
                bot_token=sandbox.bot_token(),
                signing_secret=sandbox.signing_secret,
                slack_api_url=sandbox.api_url,
                port=0,
            )
            baton = build(
                settings,
                database=Database(url, personal_key=PERSONAL_KEY),
                now=clock,
                rates=UNLIMITED,
                seconds=clock.unix,
            )
            world = RightsWorld(sandbox, baton, clock(), folder / "baton.db")
            world.prepare()
            yield world
            baton.stop()
    finally:
        shutil.rmtree(folder)


def tried(world: RightsWorld, row: Row, kind: str) -> Cell:
    """Have somebody send the request, and return what became of it; everything is as before afterwards."""
    subject = world.subject(row.state, kind)
    if row.listener == "action task_not_done":
        world.does(tasks.done, "manager", subject, task_id=subject.task_id)
    before, since = world.stands(), len(world.sandbox.slack.journal.calls())
    request = row.make(world, kind, subject)
    answer = world.baton.dispatch(request, {})
    calls = [each.arguments for each in world.sandbox.slack.journal.calls(since=since)]
    said = json.dumps([answer.body, calls], ensure_ascii=False, default=str)
    # What somebody typed is quoted to them, and tells them nothing.
    said = said.replace(request.get("text") or "\0", "")
    cell = Cell(world.stands() != before, told(subject, said))
    world.restore()
    return cell


def shown(world: RightsWorld, name: str, kind: str) -> Told:
    """Return how much of a lead a message, or the Home tab, shows to somebody."""
    of, state, _ = SHOWN[name]
    subject = world.subject(state, kind)
    with world.baton.database.transaction() as session:
        person = people.actor(session, world.workspace_id, world.user(kind))
        handoff = session.get_one(Handoff, subject.handoff_id)
        if of == "home":
            surfaces.enqueue_home(session, person, now=world.now)
        elif of == "receipt":
            handoff.announcer_id = person.id
            surfaces.enqueue_receipt(session, handoff, person, now=world.now)
        else:
            surfaces.enqueue_direct_card(session, handoff, person, now=world.now)
        about_id = person.id if of == "home" else handoff.id
        delivery = session.scalars(
            select(Delivery)
            .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
            .where(Delivery.kind == of, Delivery.subject == about_id, ChannelQueue.person_id == person.id)
        ).one()
        drawn = rendering.draw(session, delivery, world.now)
    world.restore()
    return told(subject, json.dumps(drawn, ensure_ascii=False))


@dataclass(frozen=True)
class Matrix:
    """What became of every request of everybody, and what the bot shows them by itself."""

    requests: Mapping[str, Mapping[str, Cell]]
    messages: Mapping[str, Mapping[str, Told]]

    def __str__(self) -> str:
        """Write it as the table of docs/security.md."""
        lines = [("", *PEOPLE), ("---",) * (len(PEOPLE) + 1)]
        lines += [(name, *map(str, cells.values())) for name, cells in self.requests.items()]
        for name, seen in self.messages.items():
            lines.append((name, *((SEEN[seen[kind]] or "–") if kind in seen else "" for kind in PEOPLE)))
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def matrix() -> Matrix:
    """Try everything as everybody; takes some seconds."""
    with open_world() as world:
        return Matrix(
            {row.name: {kind: tried(world, row, kind) for kind in PEOPLE} for row in ROWS},
            {name: {kind: shown(world, name, kind) for kind in kinds} for name, (_, _, kinds) in SHOWN.items()},
        )


def main() -> None:
    """Write the table anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}{matrix()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
