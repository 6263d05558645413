"""A lead handed over, and everything that is decided about it."""
