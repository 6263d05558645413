"""What Slack accepts as Block Kit, and in which words it refuses the rest."""

from sandbox.blocks.surfaces import Surface, faults, metadata_faults, view_faults

__all__ = ["Surface", "faults", "metadata_faults", "view_faults"]
