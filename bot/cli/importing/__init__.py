"""`baton import`: what it asks before it acts, and what it says before and after."""
