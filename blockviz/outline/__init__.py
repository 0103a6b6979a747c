"""The one reading of a block graph that figure, tables and prose share."""
