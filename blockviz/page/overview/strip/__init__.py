"""The overview from left to right: a strip, or the stairs of a U-Net."""
