"""How a format writes a table."""
