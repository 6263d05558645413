"""What the app is sent when something happens, and what it may answer."""
