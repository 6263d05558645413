"""What senders and files bring in."""
