"""The published playbook, read."""
