"""Definition panels: the inside of a block type, drawn once."""
