"""Block Kit validation: what Slack accepts, and its error messages for the rest."""

from sandbox.blocks.surfaces import Surface, block_errors, is_event_type, metadata_errors, view_errors

__all__ = ["Surface", "block_errors", "is_event_type", "metadata_errors", "view_errors"]
