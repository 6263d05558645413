"""A local Slack: strict enough to develop and test a bot against, with a page to look at and click in."""
