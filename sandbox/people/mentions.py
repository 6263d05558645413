"""What becomes of the names that people type: mentions of members and channels."""

import re

from sandbox.workspace.state import Workspace

_ADDRESS = re.compile(r"(?<![<|\w])https?://[^\s<>|]+")
_CHOSEN = re.compile(r"<@(\w+)>")


def escape(text: str) -> str:
    """Write the three characters that mean something to Slack as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_message(workspace: Workspace, text: str) -> str:
    """Write a typed message as Slack stores it: escaped, with mentions and addresses marked up."""
    written = _link_names(workspace, escape(_by_handle(workspace, text)), labelled=False)
    return _ADDRESS.sub(lambda match: f"<{match[0]}>", written)


def as_command(workspace: Workspace, text: str, *, should_escape: bool) -> str:
    """Write a command's text: names become `<@U1|ana>` and `<#C1|general>` where the manifest says `should_escape`."""
    named = _by_handle(workspace, text)
    return _link_names(workspace, named, labelled=True) if should_escape else named


def _by_handle(workspace: Workspace, text: str) -> str:
    """Write members that were picked from the composer's list, `<@U1>`, as @handle."""

    def handle(match: re.Match[str]) -> str:
        member = workspace.members.get(match[1])
        return f"@{member.name}" if member else match[0]

    return _CHOSEN.sub(handle, text)


def _link_names(workspace: Workspace, text: str, *, labelled: bool) -> str:
    """Turn @names and #channels into `<@U1>` and `<#C1>`; a full name counts as well as a handle."""
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
