"""What a table says."""
