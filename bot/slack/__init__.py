"""Slack, as a client sees it: calls, connections, people, channels, limits."""
