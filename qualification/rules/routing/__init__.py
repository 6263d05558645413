"""Which rule takes a lead, and whose turn it is."""
