"""Typed settings of the installed integrations, read from ``include/settings``."""
