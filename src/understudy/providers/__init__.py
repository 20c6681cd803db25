"""Data, not code: labs, hosts, models, prices and limits, and what each of their failures means."""
