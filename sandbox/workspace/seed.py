"""Makes workspaces from seeds, and holds the seeds of the sample workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.workspace.ids import Ids
from sandbox.workspace.state import App, Channel, Json, Member, Workspace

_COLOURS = (
    "#4a7c9b",
    "#b5654a",
    "#6b8e5a",
    "#8a6bb0",
    "#b08a3e",
    "#3f8f8b",
    "#a8577e",
    "#5d6d7e",
    "#9a5fb4",
    "#7d7a3c",
)


@dataclass(frozen=True, slots=True)
class PersonSeed:
    """A person in a workspace from the start; `channels` are names, `tz` an IANA zone."""

    real_name: str
    email: str
    tz: str
    locale: str = "en-GB"
    title: str = ""
    channels: tuple[str, ...] = ()
    admin: bool = False


@dataclass(frozen=True, slots=True)
class ChannelSeed:
    """A channel in a workspace from the start."""

    name: str
    private: bool = False
    with_bot: bool = True


@dataclass(frozen=True, slots=True)
class WorkspaceSeed:
    """A workspace with the app installed. Everybody is in #general if there is one.

    `visitor` is the full name of the person as whom the page opens; None: the first person.
    """

    name: str
    domain: str
    people: tuple[PersonSeed, ...] = ()
    channels: tuple[ChannelSeed, ...] = (ChannelSeed("general"),)
    visitor: str | None = None


def handle_of(real_name: str) -> str:
    """Return the handle for a name: its words in lower case, joined by dots."""
    return ".".join(real_name.lower().split())


def make_member(ids: Ids, person: PersonSeed, number: int, now: int, *, user_id: str | None = None) -> Member:
    """Make a member; `number` picks the colour of their avatar, `now` is in seconds since 1970."""
    return Member(
        id=user_id or ids.new("U"),
        name=handle_of(person.real_name),
        real_name=person.real_name,
        email=person.email,
        tz=person.tz,
        locale=person.locale,
        title=person.title,
        colour=_COLOURS[number % len(_COLOURS)],
        updated=now,
        admin=person.admin,
    )


def make_workspace(ids: Ids, seed: WorkspaceSeed, manifest: Json, signing_secret: str, now: int) -> Workspace:
    """Make a workspace with its own app and tokens from the manifest; `now` is in seconds since 1970."""
    workspace_id = ids.new("T")
    display = manifest.get("display_information", {}).get("name", "App")
    bot_name = manifest.get("features", {}).get("bot_user", {}).get("display_name", display)
    app = App(
        id=ids.new("A"),
        name=display,
        bot_id=ids.new("B"),
        bot_user_id=ids.new("U"),
        bot_token=f"xoxb-{workspace_id}-sandbox",
        app_token=f"xapp-1-{workspace_id}-sandbox",
        verification_token=f"verification-{workspace_id}",
        signing_secret=signing_secret,
        manifest=manifest,
    )
    bot_seed = PersonSeed(bot_name, "", "Etc/UTC", "en-US")
    bot = make_member(ids, bot_seed, 0, now, user_id=app.bot_user_id)
    bot.is_bot = True
    workspace = Workspace(workspace_id, seed.name, seed.domain, app, members={bot.id: bot})
    for channel_seed in seed.channels:
        channel = Channel(ids.new("C"), channel_seed.name, "private" if channel_seed.private else "channel", now)
        workspace.channels[channel.id] = channel
        if channel_seed.with_bot:
            channel.members.add(bot.id)
    for number, person in enumerate(seed.people):
        member = make_member(ids, person, number, now)
        add_person(workspace, member, person.channels)
        if person.real_name == seed.visitor:
            workspace.visitor_id = member.id
    return workspace


def add_person(workspace: Workspace, member: Member, channels: Sequence[str]) -> None:
    """Add a member to a workspace, to #general and to the named channels."""
    workspace.members[member.id] = member
    for name in ("general", *channels):
        channel = workspace.channel_called(name)
        if channel:
            channel.members.add(member.id)


NORTHWIND = WorkspaceSeed(
    name="Northwind Systems",
    domain="northwind",
    people=(
        PersonSeed(
            "Ana Ruiz",
            "ana.ruiz@northwind.example",
            "Europe/Madrid",
            "es-ES",
            "Account executive, EMEA",
            ("sales-emea",),
        ),
        PersonSeed(
            "Ben Okafor",
            "ben.okafor@northwind.example",
            "Europe/London",
            "en-GB",
            "Account executive, EMEA",
            ("sales-emea",),
        ),
        PersonSeed(
            "Chloe Martin",
            "chloe.martin@northwind.example",
            "Europe/Zurich",
            "de-CH",
            "Account executive, EMEA",
            ("sales-emea",),
        ),
        PersonSeed(
            "Dan Lee",
            "dan.lee@northwind.example",
            "America/New_York",
            "en-US",
            "Account executive, Americas",
            ("sales-americas",),
        ),
        PersonSeed(
            "Eva Torres",
            "eva.torres@northwind.example",
            "America/Chicago",
            "en-US",
            "Account executive, Americas",
            ("sales-americas",),
        ),
        PersonSeed(
            "Maya Cohen",
            "maya.cohen@northwind.example",
            "Europe/London",
            "en-GB",
            "Sales manager, EMEA",
            ("sales-emea", "marketing"),
        ),
        PersonSeed(
            "Marcus Hill",
            "marcus.hill@northwind.example",
            "America/New_York",
            "en-US",
            "Sales manager, Americas",
            ("sales-americas", "marketing"),
        ),
        PersonSeed(
            "Mika Sato",
            "mika.sato@northwind.example",
            "Asia/Tokyo",
            "ja-JP",
            "Demand generation",
            ("marketing", "sales-emea", "sales-americas"),
        ),
        PersonSeed(
            "Olu Adeyemi",
            "olu.adeyemi@northwind.example",
            "Europe/London",
            "en-GB",
            "Revenue operations",
            ("marketing", "sales-emea", "sales-americas"),
            admin=True,
        ),
    ),
    channels=(
        ChannelSeed("general"),
        ChannelSeed("marketing"),
        ChannelSeed("sales-emea"),
        ChannelSeed("sales-americas"),
    ),
    visitor="Mika Sato",
)

FABRIKAM = WorkspaceSeed(
    name="Fabrikam",
    domain="fabrikam",
    people=(
        PersonSeed("Jonas Weber", "jonas.weber@fabrikam.example", "Europe/Berlin", "de-DE", "Sales", ("sales",)),
        PersonSeed(
            "Priya Nair",
            "priya.nair@fabrikam.example",
            "Asia/Kolkata",
            "en-GB",
            "Head of sales",
            ("sales",),
            admin=True,
        ),
        PersonSeed("Tom Becker", "tom.becker@fabrikam.example", "Europe/Berlin", "de-DE", "Marketing", ("sales",)),
    ),
    channels=(ChannelSeed("general"), ChannelSeed("sales")),
)

SAMPLE = (NORTHWIND, FABRIKAM)
