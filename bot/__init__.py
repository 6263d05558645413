"""The running program: what listens to Slack, what writes to it, and the command line."""
