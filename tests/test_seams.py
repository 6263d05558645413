"""Where two rooms meet: what one names, the other has. Read from the sources: nothing has to run to be found."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from bot.http import permits
from bot.settings import SETTINGS
from bot.slack import once
from qualification.records import Base
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.refusals import Refusal

ROOT = Path(__file__).parent.parent
TEMPLATES = {
    str(path.relative_to(ROOT / "templates")): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.json.j2"))
}
JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
ACTION_ID = re.compile(r'"action_id": "(\w+)"')
BUTTON = re.compile(r'\bbutton\("(\w+)"')
DISPATCHING = re.compile(r'\b\w+_input\([^{}]*\baction="(\w+)", dispatch=true')
WORDS = re.compile(r"[A-Z][a-z]|[a-z] [a-z]")
SCAFFOLDING = re.compile(
    r'"(?:type|action_id|block_id|callback_id|style|parse|response_type|response_action)": "[^"]*"'
    r'|"\w+":|\\n|\b(?:true|false|null)\b'
)
MARKS = {"_", "gettext", "ngettext", "pgettext"}
FRAME = re.compile(r'\bframe\("(\w+)"')


def parsed(folder: str) -> dict[str, ast.Module]:
    """Parse the Python of a folder."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def listeners(of: str) -> set[str]:
    """Name what `handlers` registers with Bolt: `app.action("accept")(accept)` names accept."""
    return {
        node.args[0].value
        for module in parsed("handlers").values()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == of
        if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }


def controls(source: str) -> Iterator[str]:
    """Name the buttons, selects and inputs of a template that tell the bot at once when they are used."""
    yield from BUTTON.findall(source)
    yield from DISPATCHING.findall(source)
    for found in ACTION_ID.finditer(source):
        before = source[: found.start()]
        block = before[max(before.rfind('"type": "input"'), before.rfind('"type": "actions"'), 0) :]
        if not block.startswith('"type": "input"') or '"dispatch_action": true' in block:
            yield found[1]


def names(folder: str) -> set[str]:
    """Name the templates of a folder."""
    return {path.name.removesuffix(".json.j2") for path in (ROOT / "templates" / folder).glob("*.json.j2")}


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Yield every refusal there is."""
    for narrower in kind.__subclasses__():
        yield narrower
        yield from refusals(narrower)


def test_every_control_in_a_template_has_a_listener_and_every_listener_a_control() -> None:
    """A press that nobody hears shows the person a warning sign and nothing else."""
    drawn = {control for source in TEMPLATES.values() for control in controls(source)}
    assert drawn == listeners("action")


def test_every_modal_that_can_be_submitted_has_a_listener_and_every_listener_a_modal() -> None:
    """What a modal is called is the name of its template."""
    submitted = set()
    for name, source in TEMPLATES.items():
        for callback in FRAME.findall(source):
            assert name == f"modals/{callback}.json.j2"
            submitted.add(callback)
    assert submitted == names("modals")
    assert listeners("view") | listeners("view_submission") == submitted - {
        "erased",
        "merged",
        "own_company_set",
        "handed_over",
        "measures",
        "message",
        "revealed",
    }


def test_every_listener_has_a_test_that_names_it() -> None:
    """By the same string that Slack would send."""
    told = {
        node.value
        for module in parsed("tests/handlers").values()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    every = set().union(
        *(listeners(of) for of in ("action", "view", "view_submission", "command", "event", "shortcut"))
    )
    assert every - told == set()


def test_every_command_is_in_the_manifest_and_every_command_of_the_manifest_has_a_listener() -> None:
    """A command that the manifest forgot cannot be typed; one that nobody hears fails for everybody who types it."""
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    commands = manifest["features"]["slash_commands"]
    assert {command["command"] for command in commands} == listeners("command")
    assert all(command["should_escape"] for command in commands)


def test_every_shortcut_is_in_the_manifest_and_every_shortcut_of_the_manifest_has_a_listener() -> None:
    """As with commands: what Slack does not offer is never used, and what nobody hears fails."""
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    shortcuts = manifest["features"]["shortcuts"]
    assert {shortcut["callback_id"] for shortcut in shortcuts} == listeners("shortcut")


def test_every_event_listened_to_is_in_the_manifest_and_the_other_way_round() -> None:
    """Slack sends what the manifest asks for, and `message` by the kind of channel."""
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    asked = {name.partition(".")[0] for name in manifest["settings"]["event_subscriptions"]["bot_events"]}
    assert asked == listeners("event")


def test_every_kind_of_delivery_has_a_template_and_every_message_is_delivered() -> None:
    """The kind of a delivery is the name of its template."""
    queued = {
        given.value
        for module in parsed("qualification").values()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in {"outbox.enqueue", "outbox.enqueue_reply", "outbox.enqueue_under", "_enqueue_direct"}
        for given in (*node.args, *(keyword.value for keyword in node.keywords))
        if isinstance(given, ast.Constant) and isinstance(given.value, str)
    }
    assert queued - {"home", "thread_line"} == names("messages")
    assert names("home") == {"home"}


def test_every_event_that_a_thread_tells_has_a_template_and_every_such_template_an_event() -> None:
    """The kind of an event is the name of its template; what only figures count is told nobody."""
    untold = {"came_in", "gated", "released", "merged", "split", "lifecycle_moved"}
    assert {kind.value for kind in EventKind} - untold == names("messages/thread")


def test_every_refusal_has_words_and_all_words_of_refusal_are_said() -> None:
    """The class says the name, the template of that name says the words."""
    assert {refusal.name for refusal in refusals()} == names("replies/refusals")


@pytest.mark.parametrize("fault", FieldFault)
def test_every_fault_of_a_field_has_words(fault: FieldFault) -> None:
    """The last resort, "please check this", is for faults that nobody knows yet."""
    assert f'fault == "{fault.value}"' in TEMPLATES["replies/fields.json.j2"]


@pytest.mark.parametrize("place", [".env.example", "docs/operators-guide.md"])
def test_every_setting_is_in_the_example_and_in_the_operators_guide(place: str) -> None:
    """And neither tells of a setting that is not read."""
    text = (ROOT / place).read_text(encoding="utf-8")
    known = {setting.name for setting in SETTINGS}
    assert {name for name in known if not re.search(rf"\b{name}\b", text)} == set()
    if place == ".env.example":
        assert set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)) == known


def test_every_table_is_in_the_page_on_privacy() -> None:
    """And the page names no other. Whoever adds a table says whether it holds something about a person."""
    told, _, _ = (ROOT / "docs/privacy.md").read_text(encoding="utf-8").partition("## Where it goes")
    named = set(re.findall(r"`([a-z_]+)`", told))
    assert named - {"fields"} == set(Base.metadata.tables)


def test_the_page_on_privacy_says_for_how_long_rows_are_kept() -> None:
    """All rows that are deleted by age: their code says when."""
    _, _, told = (ROOT / "docs/privacy.md").read_text(encoding="utf-8").partition("## How long")
    assert f"| `idempotency_key` | {once.KEPT.days} days |" in told
    assert f"| `rate_window` | {permits.KEPT.total_seconds() // 60:.0f} minutes " in told


def unmarked_in_expressions(node: nodes.Node) -> Iterator[str]:
    """Yield each text with a capital or a blank that is not given to `_` or one of its like."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and WORDS.search(node.value):
        yield node.value
    translated = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKS
    for child in node.iter_child_nodes(exclude=["args"] if translated else None):
        yield from unmarked_in_expressions(child)


def unmarked_around_expressions(template: nodes.Template) -> list[str]:
    """List what is left of a template's own text without the keys, the signs and the names that Slack gives things."""
    text = "\0".join(data.data for data in template.find_all(nodes.TemplateData))
    return re.findall(r"[^\W\d_]{2,}", SCAFFOLDING.sub("", text))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_for_people_is_marked_for_translation(name: str) -> None:
    """Nothing in a template reads English to a reader of German."""
    template = JINJA.parse(TEMPLATES[name])
    assert [*unmarked_in_expressions(template), *unmarked_around_expressions(template)] == []


@pytest.mark.parametrize(
    "source",
    [
        '{{ button("accept", "Accept") }}',
        '{{ _("Hello %(name)s", name="dear lead") }}',
        '{"type": "plain_text", "text": "Accept"}',
        '{"text": "{{ who }} and more"}',
        "{% set title %}Hello{% endset %}",
        '{"text": "{% if lead %}{{ lead }}\\nhas come{% endif %}"}',
    ],
)
def test_a_word_that_is_not_marked_is_found(source: str) -> None:
    """Whichever way it was written."""
    template = JINJA.parse(source)
    assert [*unmarked_in_expressions(template), *unmarked_around_expressions(template)] != []
