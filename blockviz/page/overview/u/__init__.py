"""The overview as a U: encoder down the left, decoder up the right, skips straight across."""
