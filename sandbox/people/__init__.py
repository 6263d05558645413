"""The people of the sandbox as tests drive them: what they do, what they see, and who there is."""
