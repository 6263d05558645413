"""Views: stacks of at most three modals, and Home tabs."""

from sandbox import blocks
from sandbox.clock import Clock
from sandbox.refusals import SlackError, invalid_arguments
from sandbox.workspace import inputs
from sandbox.workspace.api_objects import view_hash
from sandbox.workspace.changes import Changes
from sandbox.workspace.ids import Ids
from sandbox.workspace.state import Json, View, Workspace

MOST_STACKED = 3
MOST_BYTES = 250_000


class Modals:
    """Opens, pushes, updates and closes views. Raises SlackError as Slack does."""

    def __init__(self, clock: Clock, ids: Ids, changes: Changes) -> None:
        """Record every change of a view in `changes`."""
        self._clock = clock
        self._ids = ids
        self._changes = changes

    def open(self, workspace: Workspace, user_id: str, content: Json) -> View:
        """Open a modal as the root of a new stack, which replaces any open one."""
        self._check(workspace, content, "modal")
        view = self._make(user_id, content)
        workspace.modals[user_id] = [view]
        self._changed(workspace, user_id)
        return view

    def push(self, workspace: Workspace, user_id: str, content: Json) -> View:
        """Push a modal onto a person's stack. Raises `not_found` without a stack, `push_limit_reached` above three."""
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
        """Replace the content of a view; an input that keeps its block id and action id keeps what was typed.

        Raises `hash_conflict` if `hash_` is given and isn't the view's current hash.
        """
        if hash_ and hash_ != view.hash:
            raise SlackError("hash_conflict")
        self._check(workspace, content, view.content["type"], updating=view)
        before = {place.key: place.type for place in inputs.places(view.blocks)}
        view.content = self._with_ids(content)
        view.hash = view_hash(view.content, self._clock(), self._ids.next_number())
        kept = {place.key: place for place in inputs.places(view.blocks) if before.get(place.key) == place.type}
        view.typed = {key: value for key, value in view.typed.items() if key in kept and kept[key].can_hold(value)}
        view.errors, view.failure = {}, None
        self._changed(workspace, view.user_id)
        return view

    def publish(self, workspace: Workspace, user_id: str, content: Json, hash_: str | None = None) -> View:
        """Show a person a Home tab, in place of any earlier one."""
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
        """Close the topmost modal or the whole stack; return the closed views, topmost first."""
        stack = workspace.modals.get(user_id) or []
        closed = stack[::-1] if whole_stack else stack[-1:]
        workspace.modals[user_id] = [] if whole_stack else stack[:-1]
        self._changed(workspace, user_id)
        return closed

    def find(self, workspace: Workspace, view_id: str | None, external_id: str | None) -> View:
        """Return the open view with this `view_id` or `external_id`; raise `not_found` if there is none."""
        if view_id:
            view = workspace.view(view_id)
        else:
            view = next((each for each in _views(workspace) if each.content.get("external_id") == external_id), None)
        if view is None:
            raise SlackError("not_found")
        return view

    def record_change(self, workspace: Workspace, view: View) -> None:
        """Record that a view's errors or typed values changed."""
        self._changed(workspace, view.user_id)

    def _check(self, workspace: Workspace, content: Json, kind: str, updating: View | None = None) -> None:
        if content.get("type") != kind:
            raise invalid_arguments(f"must be of type {kind} [json-pointer:/view/type]")
        errors = blocks.view_errors(content)
        if errors:
            raise invalid_arguments(*errors)
        if len(str(content)) > MOST_BYTES:
            raise SlackError("view_too_large")
        external_id = content.get("external_id")
        others = (view for view in _views(workspace) if view is not updating)
        if external_id and any(view.content.get("external_id") == external_id for view in others):
            raise SlackError("duplicate_external_id")

    def _make(self, user_id: str, content: Json, below: View | None = None) -> View:
        view_id = self._ids.new("V")
        content = self._with_ids(content)
        return View(
            id=view_id,
            user_id=user_id,
            content=content,
            hash=view_hash(content, self._clock(), self._ids.next_number()),
            root_id=below.root_id if below else view_id,
            previous_id=below.id if below else None,
        )

    def _with_ids(self, content: Json) -> Json:
        return {**content, "blocks": self._ids.add_missing_ids(content["blocks"])}

    def _changed(self, workspace: Workspace, user_id: str) -> None:
        self._changes.record(workspace.id, "views", "home", people={user_id})


def _views(workspace: Workspace) -> list[View]:
    return [*(view for stack in workspace.modals.values() for view in stack), *workspace.homes.values()]
