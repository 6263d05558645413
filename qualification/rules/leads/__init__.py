"""What is known of a lead, and how far it has come."""
