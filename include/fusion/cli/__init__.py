"""``python -m include.fusion <command> --help``: one module for each command."""
