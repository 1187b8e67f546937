"""Reads a source: what a system says of itself, its SQL, whole batches of records."""
