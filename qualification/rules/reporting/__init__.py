"""What somebody may ask of the pipeline, and when summaries are due."""
