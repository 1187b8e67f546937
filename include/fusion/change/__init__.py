"""Finds what changed at a source and puts it into a queue."""
