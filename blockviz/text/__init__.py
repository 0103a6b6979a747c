"""Numbers and shapes as text, the width of text, and where the font is."""
