"""Credentials that are fetched, kept fresh beside requests, and put on each of them."""
