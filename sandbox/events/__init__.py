"""Everything sent to the app (commands, interactions, events), how it gets there, and what the app may answer."""
