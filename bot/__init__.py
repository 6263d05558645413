"""The running program: what listens to Slack, what writes to it, and the command line."""

# The one place that says it: the build and `baton --version` read it here.
__version__ = "0.1.0"
