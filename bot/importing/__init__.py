"""Files read, and brought in slice by slice."""
