"""A lead's place in the lifecycle is changed by one function, which records what a handoff causes."""

import ast
from pathlib import Path

import qualification
from qualification.leads.lifecycle import move_lifecycle
from qualification.records import Lead
from qualification.rules.handoffs.event_types import LifecycleMoved
from qualification.rules.leads.lifecycle import Lifecycle


def assigns(node: ast.AST) -> bool:
    """Say whether the node sets an attribute of that name."""
    if isinstance(node, ast.Attribute):
        return node.attr == "lifecycle" and isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Call):
        setters = ("setattr", "set_committed_value")
        named = any(isinstance(each, ast.Constant) and each.value == "lifecycle" for each in node.args)
        return named and isinstance(node.func, ast.Name) and node.func.id in setters
    return False


def test_no_other_file_assigns_a_leads_lifecycle() -> None:
    root = Path(qualification.__file__).parent
    writers = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if any(map(assigns, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert writers == {"leads/lifecycle.py"}


def test_a_move_is_recorded_with_where_the_lead_was() -> None:
    recorded: list[LifecycleMoved] = []
    lead = Lead(lifecycle=Lifecycle.LEAD)
    move_lifecycle(lead, Lifecycle.MQL, record=recorded.append)
    assert lead.lifecycle is Lifecycle.MQL
    assert recorded == [LifecycleMoved(was=Lifecycle.LEAD, to=Lifecycle.MQL)]


def test_a_lead_that_is_there_already_is_not_recorded() -> None:
    recorded: list[LifecycleMoved] = []
    move_lifecycle(Lead(lifecycle=Lifecycle.MQL), Lifecycle.MQL, record=recorded.append)
    assert recorded == []


def test_a_move_without_a_handoff_is_not_recorded() -> None:
    lead = Lead(lifecycle=Lifecycle.SUBSCRIBER)
    move_lifecycle(lead, Lifecycle.LEAD, record=None)
    assert lead.lifecycle is Lifecycle.LEAD
