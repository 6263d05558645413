"""Files of rows: read, and imported slice by slice."""
