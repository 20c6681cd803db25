"""Journal entries as figures: counters, histograms, and OpenTelemetry's words for them."""
