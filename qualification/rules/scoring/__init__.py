"""What a lead's activities are worth, and which leads are kept from sales."""
