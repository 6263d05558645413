"""The rules: pure functions of values; no database, no clock, no Slack."""
