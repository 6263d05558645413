"""Messages to Slack: queued in the transaction of the change, sent by the worker."""
