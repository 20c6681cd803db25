"""Who gets the next attempt. Sees targets, failures and time; never a dialect, never a byte."""
