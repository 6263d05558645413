"""The command line: a file for each group of commands, and beside them what the commands share."""
