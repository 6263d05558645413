"""What a lead's activities are worth (without decay: see `points`), and which leads are kept from sales."""
