"""The demo: the sample workspace, and the bot as a child process in it."""
