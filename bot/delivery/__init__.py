"""Queued messages, sent to Slack."""
