"""Small faults that the tests must notice: ``mutants.toml`` lists them, ``python -m tests.mutants`` applies one at a time."""
