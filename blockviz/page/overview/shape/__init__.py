"""Overviews that show what kind of network it is: each layout measures, places and routes; one class draws them."""
