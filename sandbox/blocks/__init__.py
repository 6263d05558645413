"""What Slack accepts as Block Kit, and in which words it refuses the rest."""

from sandbox.blocks.surfaces import Surface, block_errors, metadata_errors, view_errors

__all__ = ["Surface", "block_errors", "metadata_errors", "view_errors"]
