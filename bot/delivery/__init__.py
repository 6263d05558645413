"""Queued messages, carried to Slack."""
