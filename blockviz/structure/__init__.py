"""What one block body is, and in what two of them differ."""
