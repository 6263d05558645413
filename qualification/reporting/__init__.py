"""What managers and marketers read in numbers."""
