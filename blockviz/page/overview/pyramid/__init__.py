"""The overview as a pyramid: rows are resolutions, columns are roles."""
