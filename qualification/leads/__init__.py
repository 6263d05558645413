"""Who a lead is, and what has happened to it."""
