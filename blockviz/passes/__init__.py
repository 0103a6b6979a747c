"""Passes: graph → graph, one file each."""
