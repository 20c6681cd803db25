"""Drills: incidents of the past, played to the real router in the simulated world, and judged."""
