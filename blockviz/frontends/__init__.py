"""Readers: a model file, name, callable or live model becomes a LayerGraph."""
