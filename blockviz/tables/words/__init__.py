"""Prose, recipes and citations."""
