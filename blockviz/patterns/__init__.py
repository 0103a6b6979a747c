"""Idioms and named blocks of the literature: what defines them, and where they occur in a layer graph."""
