"""A local Slack: strict enough to develop and test a bot against, with a web page for people to use it."""
