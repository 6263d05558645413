"""The page to look at and click in."""
