"""The command line: the composition root, the only place that builds the objects."""
