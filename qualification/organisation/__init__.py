"""A playbook published, and what it changes among teams and people."""
