"""Keras in: files, names, configurations and live models become layer graphs."""
