"""Reports of check-ups, shown by the API server."""
