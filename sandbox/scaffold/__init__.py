"""``make new-system``: writes a new source system from the tables of its product, ready to run on invented data."""
