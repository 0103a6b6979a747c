"""The search for a page that holds everything at its size and font."""
