"""Who acts, and whether they are there."""
