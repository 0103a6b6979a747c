"""Colours, type and the physical size of a page."""
