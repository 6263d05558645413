"""How templates are loaded, escaped, drawn and translated."""
