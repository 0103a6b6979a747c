"""blockviz: one page that shows the blocks of a large network."""
