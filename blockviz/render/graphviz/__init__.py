"""The only processes: Graphviz in a worker of its own."""
