"""Messages to Slack: queued in the transaction of the change, sent by the worker. Outgoing events would be too."""
