"""Output shapes from configurations."""
