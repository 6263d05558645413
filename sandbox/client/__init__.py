"""What Slack's own client does for a person: it sends their actions, and shows them text."""
