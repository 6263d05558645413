"""How far a checklist has come."""
