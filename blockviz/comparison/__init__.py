"""Two block graphs matched by structure: what is the same, added, removed or changed, and in what."""
