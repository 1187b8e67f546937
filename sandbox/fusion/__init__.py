"""Stand-in for the Fusion product: its API, its own database, its bad days. See ``README.md`` in this folder."""
