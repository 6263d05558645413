"""Numbers for managers and marketers: the pipeline, and each team's daily summary."""
