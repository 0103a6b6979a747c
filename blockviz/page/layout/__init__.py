"""Pure geometry of a body: series-parallel grid, lanes, ranks."""
