"""The overview: the block graph at its top level, as a column, a board or a strip."""
