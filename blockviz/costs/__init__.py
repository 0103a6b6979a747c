"""Parameters, multiply-adds, activation memory, receptive field."""
