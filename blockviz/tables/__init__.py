"""Tables, one module per format."""
