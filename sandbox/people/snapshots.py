"""What a person has before their eyes at one moment: messages, modals, the Home tab."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.people import inputs
from sandbox.people.inputs import Place, Value
from sandbox.people.reading import Reading
from sandbox.workspace.state import Channel, Json, View
from sandbox.workspace.state import Message as StoredMessage


class DriverError(AssertionError):
    """Somebody was to do or read what is not there; the text says what is there instead."""


@dataclass(frozen=True, slots=True)
class Control:
    """An interactive element as its reader sees it: what it is called, what it holds, what stands around it."""

    place: Place
    names: tuple[str, ...]
    context: str
    options: tuple[tuple[str, str], ...]
    value: Value

    @property
    def name(self) -> str:
        """What a person would call it."""
        return self.names[0]

    @property
    def shown(self) -> str | list[str] | None:
        """What it shows as chosen or typed."""
        texts = {value: text for text, value in self.options}
        if isinstance(self.value, list):
            return [texts.get(each, each) for each in self.value]
        return None if self.value is None else texts.get(self.value, self.value)


@dataclass(frozen=True, slots=True)
class Surface:
    """Blocks as one person reads them."""

    text: str
    mentions: tuple[str, ...]
    links: tuple[str, ...]
    blocks: tuple[Json, ...] = field(repr=False)
    controls: tuple[Control, ...] = field(repr=False)

    @property
    def buttons(self) -> list[str]:
        """The texts of the buttons, from top to bottom."""
        return [each.name for each in self.controls if each.place.type == "button"]

    @property
    def menus(self) -> dict[str, list[str]]:
        """The options on offer, by the name of the menu, radio group or checkbox group."""
        return {each.name: [text for text, _ in each.options] for each in self.controls if each.options}

    @property
    def fields(self) -> dict[str, str | list[str] | None]:
        """What the elements that keep a choice show, by name."""
        return {each.name: each.shown for each in self.controls if each.place.keeps_a_choice}


@dataclass(frozen=True, slots=True)
class Message(Surface):
    """A message: its text as read, what can be pressed, its thread; `fallback` is the text beside the blocks."""

    workspace_id: str
    channel_id: str
    channel: str
    ts: str
    author: str
    fallback: str
    thread_ts: str | None
    edited: bool
    ephemeral: bool
    deleted: bool
    metadata: Json | None
    thread: tuple["Message", ...] = ()


@dataclass(frozen=True, slots=True)
class Modal(Surface):
    """A modal: `errors` by the label of the input, `failure` is the line Slack shows when the app did not answer."""

    view_id: str
    callback_id: str
    title: str
    submit: str | None
    errors: dict[str, str]
    failure: str | None


@dataclass(frozen=True, slots=True)
class Home(Surface):
    """The app's Home tab."""

    view_id: str


def message(reading: Reading, channel: Channel, stored: StoredMessage) -> Message:
    """Take a snapshot of a message with its thread."""
    text = reading.message(stored.text, stored.blocks)
    author = reading.workspace.members.get(stored.author)
    replies = () if stored.is_reply else tuple(channel.replies(stored.ts))
    return Message(
        text=text,
        mentions=_taken(reading.mentions),
        links=_taken(reading.links),
        blocks=tuple(stored.blocks or ()),
        controls=tuple(_controls(reading, stored.blocks or [], {})),
        workspace_id=reading.workspace.id,
        channel_id=channel.id,
        channel=channel.name,
        ts=stored.ts,
        author=author.real_name if author else "Slackbot",
        fallback=stored.text,
        thread_ts=stored.thread_ts,
        edited=stored.edited_ts is not None,
        ephemeral=stored.ephemeral_to is not None,
        deleted=stored.tombstone,
        metadata=stored.metadata,
        thread=tuple(message(reading, channel, each) for each in replies),
    )


def modal(reading: Reading, view: View) -> Modal:
    """Take a snapshot of a modal."""
    labels = {block["block_id"]: reading.text(block["label"]) for block in view.blocks if block["type"] == "input"}
    submit = view.content.get("submit")
    return Modal(
        text=reading.blocks(view.blocks),
        mentions=_taken(reading.mentions),
        links=_taken(reading.links),
        blocks=tuple(view.blocks),
        controls=tuple(_controls(reading, view.blocks, view.typed)),
        view_id=view.id,
        callback_id=view.content.get("callback_id", ""),
        title=reading.text(view.content["title"]),
        submit=reading.text(submit) if submit else None,
        errors={labels.get(block_id, block_id): text for block_id, text in view.errors.items()},
        failure=view.failure,
    )


def home(reading: Reading, view: View) -> Home:
    """Take a snapshot of the Home tab."""
    return Home(
        text=reading.blocks(view.blocks),
        mentions=_taken(reading.mentions),
        links=_taken(reading.links),
        blocks=tuple(view.blocks),
        controls=tuple(_controls(reading, view.blocks, view.typed)),
        view_id=view.id,
    )


def _taken(gathered: list[str]) -> tuple[str, ...]:
    """Empty a list into a tuple, so that the next surface read starts anew."""
    taken = tuple(gathered)
    gathered.clear()
    return taken


def _controls(reading: Reading, blocks: list[Json], typed: inputs.Typed) -> Iterator[Control]:
    context: list[str] = []
    for block in blocks:
        if block["type"] in {"header", "divider"}:
            context = []
        own = reading.blocks([block])
        context.append(own)
        places = list(inputs.places([block]))
        for place in places:
            value = inputs.current(place, typed) if place.keeps_a_choice else None
            options = _options(reading, place)
            yield Control(place, _names(reading, place), "\n".join(context), options, value)
        if places:
            context = []
    reading.mentions.clear()
    reading.links.clear()


def _options(reading: Reading, place: Place) -> tuple[tuple[str, str], ...]:
    if place.type == "users_select":
        return tuple((each.real_name, each.id) for each in reading.workspace.people if not each.deactivated)
    return tuple((reading.text(each["text"]), each["value"]) for each in inputs.options(place.element))


def _names(reading: Reading, place: Place) -> tuple[str, ...]:
    """Return what an element may be called, the likeliest first: label, own text, placeholder, ids."""
    block, element = place.block, place.element
    texts = [block.get("label"), element.get("text"), element.get("placeholder")]
    if block["type"] == "section" and place.type != "button":
        texts.append(block.get("text"))
    block_id, action_id = place.key
    return (*(reading.text(each) for each in texts if each), action_id, block_id)
