"""The state of the workspaces: members, channels, messages and views, and the rules by which they change."""
