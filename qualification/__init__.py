"""The sales: rules, records and use cases; knows nothing of Slack or of templates."""
