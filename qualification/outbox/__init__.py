"""What Slack must be told: queued in the transaction of the change, sent by the worker."""
