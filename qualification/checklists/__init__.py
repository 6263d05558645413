"""A framework's questions answered for one lead."""
