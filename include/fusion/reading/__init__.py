"""Reads a source: specs of systems, their SQL, batches of records."""
