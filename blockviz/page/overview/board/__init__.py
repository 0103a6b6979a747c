"""The overview as a board: parts in several columns, wired by lanes."""
