"""The overview as streams: paths side by side, joined where they join."""
