"""What a person sees at one moment: messages, modals, the Home tab."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.client.text_reader import TextReader
from sandbox.workspace import inputs
from sandbox.workspace.inputs import Place, Value
from sandbox.workspace.state import Channel, Json, View
from sandbox.workspace.state import Message as StoredMessage


class DriverError(AssertionError):
    """The driver was asked for something that is not there; the message lists what is."""


@dataclass(frozen=True, slots=True)
class Control:
    """An interactive element as a person sees it.

    `names` are the texts and ids it can be called by, `context` is the text around it, `options` are pairs of text and
    value.
    """

    place: Place
    names: tuple[str, ...]
    context: str
    options: tuple[tuple[str, str], ...]
    value: Value

    @property
    def name(self) -> str:
        """The name that a person would use."""
        return self.names[0]

    @property
    def shown(self) -> str | list[str] | None:
        """The chosen or typed value as displayed: options by their text."""
        texts = {value: text for text, value in self.options}
        if isinstance(self.value, list):
            return [texts.get(each, each) for each in self.value]
        return None if self.value is None else texts.get(self.value, self.value)


@dataclass(frozen=True, slots=True)
class Surface:
    """Blocks as one person sees them; `text` is what they read."""

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
        """The texts of the options, by the name of the menu, radio group or checkbox group."""
        return {each.name: [text for text, _ in each.options] for each in self.controls if each.options}

    @property
    def fields(self) -> dict[str, str | list[str] | None]:
        """The displayed values of the fields, by name."""
        return {each.name: each.shown for each in self.controls if each.place.keeps_a_choice}


@dataclass(frozen=True, slots=True)
class Message(Surface):
    """A message with its thread; `fallback` is its `text` argument, which clients show instead of blocks."""

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
    """A modal; `errors` are by the input's label, `failure` is the line Slack shows when the app did not answer."""

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


def message(reader: TextReader, channel: Channel, stored: StoredMessage) -> Message:
    """Take a snapshot of a message with its thread."""
    text = reader.read_message(stored.text, stored.blocks)
    author = reader.workspace.members.get(stored.author)
    replies = () if stored.is_reply else tuple(channel.replies(stored.ts))
    return Message(
        text=text,
        mentions=_drain(reader.mentions),
        links=_drain(reader.links),
        blocks=tuple(stored.blocks or ()),
        controls=tuple(_controls(reader, stored.blocks or [], {})),
        workspace_id=reader.workspace.id,
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
        thread=tuple(message(reader, channel, each) for each in replies),
    )


def modal(reader: TextReader, view: View) -> Modal:
    """Take a snapshot of a modal."""
    labels = {
        block["block_id"]: reader.read_text_object(block["label"]) for block in view.blocks if block["type"] == "input"
    }
    submit = view.content.get("submit")
    return Modal(
        text=reader.read_blocks(view.blocks),
        mentions=_drain(reader.mentions),
        links=_drain(reader.links),
        blocks=tuple(view.blocks),
        controls=tuple(_controls(reader, view.blocks, view.typed)),
        view_id=view.id,
        callback_id=view.content.get("callback_id", ""),
        title=reader.read_text_object(view.content["title"]),
        submit=reader.read_text_object(submit) if submit else None,
        errors={labels.get(block_id, block_id): text for block_id, text in view.errors.items()},
        failure=view.failure,
    )


def home(reader: TextReader, view: View) -> Home:
    """Take a snapshot of the Home tab."""
    return Home(
        text=reader.read_blocks(view.blocks),
        mentions=_drain(reader.mentions),
        links=_drain(reader.links),
        blocks=tuple(view.blocks),
        controls=tuple(_controls(reader, view.blocks, view.typed)),
        view_id=view.id,
    )


def _drain(gathered: list[str]) -> tuple[str, ...]:
    """Return the list as a tuple and clear it, so that the next surface starts with an empty one."""
    taken = tuple(gathered)
    gathered.clear()
    return taken


def _controls(reader: TextReader, blocks: list[Json], typed: inputs.TypedValues) -> Iterator[Control]:
    context: list[str] = []
    for block in blocks:
        if block["type"] in {"header", "divider"}:
            context = []
        own = reader.read_blocks([block])
        context.append(own)
        places = list(inputs.places([block]))
        for place in places:
            value = inputs.current(place, typed) if place.keeps_a_choice else None
            options = _options(reader, place)
            yield Control(place, _names(reader, place), "\n".join(context), options, value)
        if places:
            context = []
    reader.mentions.clear()
    reader.links.clear()


def _options(reader: TextReader, place: Place) -> tuple[tuple[str, str], ...]:
    if place.type == "users_select":
        return tuple((each.real_name, each.id) for each in reader.workspace.people if not each.deactivated)
    return tuple((reader.read_text_object(each["text"]), each["value"]) for each in inputs.options(place.element))


def _names(reader: TextReader, place: Place) -> tuple[str, ...]:
    """Return the names of an element, the likeliest first: label, own text, placeholder, ids."""
    block, element = place.block, place.element
    texts = [block.get("label"), element.get("text"), element.get("placeholder")]
    if block["type"] == "section" and place.type != "button":
        texts.append(block.get("text"))
    block_id, action_id = place.key
    return (*(reader.read_text_object(each) for each in texts if each), action_id, block_id)
