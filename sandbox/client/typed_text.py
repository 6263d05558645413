"""Converts text that people type into mrkdwn: mentions of members and channels, addresses, escapes."""

import re

from sandbox.workspace.state import Workspace

_ADDRESS = re.compile(r"(?<![<|\w])https?://[^\s<>|]+")
_CHOSEN = re.compile(r"<@(\w+)>")


def escape(text: str) -> str:
    """Replace &, < and > by Slack's three entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_message_text(workspace: Workspace, text: str) -> str:
    """Return a typed message as Slack stores it: escaped, with mentions and addresses marked up."""
    written = _link_names(workspace, escape(_picked_to_handles(workspace, text)), labelled=False)
    return _ADDRESS.sub(lambda match: f"<{match[0]}>", written)


def to_command_text(workspace: Workspace, text: str, *, should_escape: bool) -> str:
    """Return a command's text; with `should_escape` names become `<@U1|ana>` and `<#C1|general>`."""
    named = _picked_to_handles(workspace, text)
    return _link_names(workspace, named, labelled=True) if should_escape else named


def _picked_to_handles(workspace: Workspace, text: str) -> str:
    """Replace `<@U1>`, which the composer inserts for a picked member, by @handle."""

    def handle(match: re.Match[str]) -> str:
        member = workspace.members.get(match[1])
        return f"@{member.name}" if member else match[0]

    return _CHOSEN.sub(handle, text)


def _link_names(workspace: Workspace, text: str, *, labelled: bool) -> str:
    """Replace @handle, @Full Name and #channel by `<@U1>` and `<#C1|name>`; `labelled` adds the handle to members."""
    members = {each.real_name: each for each in workspace.members.values()}
    members |= {each.name: each for each in workspace.members.values()}
    for known in sorted(members, key=len, reverse=True):
        member = members[known]
        written = f"<@{member.id}|{member.name}>" if labelled else f"<@{member.id}>"
        text = re.sub(rf"(?<![\w<])@{re.escape(known)}(?!\w)", written, text)
    for channel in workspace.channels.values():
        if channel.kind != "dm":
            text = re.sub(rf"(?<![\w<])#{re.escape(channel.name)}(?![\w-])", f"<#{channel.id}|{channel.name}>", text)
    return text
