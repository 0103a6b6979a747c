"""The vocabulary of operations: what a class of layers is."""
