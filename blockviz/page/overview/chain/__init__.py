"""The overview as a strip: slabs from left to right whose height is the resolution and whose width the channels."""
