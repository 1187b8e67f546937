"""Takes batches out of a queue, sends them and writes what came of each record."""
