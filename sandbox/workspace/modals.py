"""Modals in stacks of at most three, and Home tabs."""

from sandbox import blocks
from sandbox.api.refusals import SlackError, invalid_arguments
from sandbox.clock import Clock
from sandbox.people import inputs
from sandbox.workspace.changes import Changes
from sandbox.workspace.ids import Ids
from sandbox.workspace.shapes import view_hash, view_shape
from sandbox.workspace.state import Json, View, Workspace

MOST_STACKED = 3
MOST_BYTES = 250_000


def shape(workspace: Workspace, view: View) -> Json:
    """Show a view as Slack does, with what is typed into it by now."""
    return view_shape(workspace, view, inputs.state_values(view.blocks, view.typed))


class Modals:
    """Opens, stacks, updates and closes views; raises SlackError where Slack refuses."""

    def __init__(self, clock: Clock, ids: Ids, changes: Changes) -> None:
        """Make hashes by the clock and ids by `ids`, and note what changed."""
        self._clock = clock
        self._ids = ids
        self._changes = changes

    def open(self, workspace: Workspace, user_id: str, content: Json) -> View:
        """Show a modal as the root of a new stack, in place of whatever stack was open."""
        self._check(workspace, content, "modal")
        view = self._make(user_id, content)
        workspace.modals[user_id] = [view]
        self._changed(workspace, user_id)
        return view

    def push(self, workspace: Workspace, user_id: str, content: Json) -> View:
        """Lay a modal on top of somebody's stack."""
        stack = workspace.modals.get(user_id) or []
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MOST_STACKED:
            raise SlackError("push_limit_reached")
        self._check(workspace, content, "modal")
        view = self._make(user_id, content, below=stack[-1])
        stack.append(view)
        self._changed(workspace, user_id)
        return view

    def update(self, workspace: Workspace, view: View, content: Json, hash_: str | None = None) -> View:
        """Put other content into a view; an input that keeps its block and action ids keeps what was typed."""
        if hash_ and hash_ != view.hash:
            raise SlackError("hash_conflict")
        self._check(workspace, content, view.content["type"], updating=view)
        before = {place.key: place.type for place in inputs.places(view.blocks)}
        view.content = self._named(content)
        view.hash = view_hash(view.content, self._clock(), self._ids.serial())
        kept = {place.key: place for place in inputs.places(view.blocks) if before.get(place.key) == place.type}
        view.typed = {key: value for key, value in view.typed.items() if key in kept and kept[key].can_hold(value)}
        view.errors, view.failure = {}, None
        self._changed(workspace, view.user_id)
        return view

    def publish(self, workspace: Workspace, user_id: str, content: Json, hash_: str | None = None) -> View:
        """Put a Home tab before somebody."""
        home = workspace.homes.get(user_id)
        if home:
            return self.update(workspace, home, content, hash_)
        if hash_:
            raise SlackError("hash_conflict")
        self._check(workspace, content, "home")
        workspace.homes[user_id] = self._make(user_id, content)
        self._changed(workspace, user_id)
        return workspace.homes[user_id]

    def close(self, workspace: Workspace, user_id: str, *, whole_stack: bool) -> list[View]:
        """Close the topmost modal or the whole stack; return what was closed, topmost first."""
        stack = workspace.modals.get(user_id) or []
        closed = stack[::-1] if whole_stack else stack[-1:]
        workspace.modals[user_id] = [] if whole_stack else stack[:-1]
        self._changed(workspace, user_id)
        return closed

    def find(self, workspace: Workspace, view_id: str | None, external_id: str | None) -> View:
        """Return the open view of that id, Slack's or the app's own."""
        if view_id:
            view = workspace.view(view_id)
        else:
            view = next((each for each in _views(workspace) if each.content.get("external_id") == external_id), None)
        if view is None:
            raise SlackError("not_found")
        return view

    def note(self, workspace: Workspace, view: View) -> None:
        """Say that a view's errors or typed values changed."""
        self._changed(workspace, view.user_id)

    def _check(self, workspace: Workspace, content: Json, kind: str, updating: View | None = None) -> None:
        if content.get("type") != kind:
            raise invalid_arguments(f"must be of type {kind} [json-pointer:/view/type]")
        faults = blocks.view_faults(content)
        if faults:
            raise invalid_arguments(*faults)
        if len(str(content)) > MOST_BYTES:
            raise SlackError("view_too_large")
        external_id = content.get("external_id")
        others = (view for view in _views(workspace) if view is not updating)
        if external_id and any(view.content.get("external_id") == external_id for view in others):
            raise SlackError("duplicate_external_id")

    def _make(self, user_id: str, content: Json, below: View | None = None) -> View:
        view_id = self._ids.new("V")
        named = self._named(content)
        return View(
            id=view_id,
            user_id=user_id,
            content=named,
            hash=view_hash(named, self._clock(), self._ids.serial()),
            root_id=below.root_id if below else view_id,
            previous_id=below.id if below else None,
        )

    def _named(self, content: Json) -> Json:
        return {**content, "blocks": self._ids.name_blocks(content["blocks"])}

    def _changed(self, workspace: Workspace, user_id: str) -> None:
        self._changes.note(workspace.id, "views", "home", people={user_id})


def _views(workspace: Workspace) -> list[View]:
    return [*(view for stack in workspace.modals.values() for view in stack), *workspace.homes.values()]
