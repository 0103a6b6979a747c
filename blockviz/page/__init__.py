"""Composing the page: what is drawn where, within a physical budget."""
