"""Drawing: DOT text, the engine, and one module per other format."""
