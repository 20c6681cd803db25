"""A deterministic world: simulated providers with checkable answers, faults by name."""
