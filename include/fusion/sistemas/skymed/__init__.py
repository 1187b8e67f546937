"""Skymed: everything that is this system's own."""
