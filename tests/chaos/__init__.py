"""Random and aimed faults on a running stack, and a judge that does not ask the engine: ``make chaos``."""
