"""Fusion.Service: everything that is this system's own."""
