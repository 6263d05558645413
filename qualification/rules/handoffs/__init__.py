"""What may happen to a handoff, who may do it, and what follows."""
