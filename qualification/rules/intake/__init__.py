"""What senders and files send, turned into leads and activities."""
