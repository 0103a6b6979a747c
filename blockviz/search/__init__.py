"""Finding repeats: what the pass that finds blocks runs on."""
