"""``python -m include.fusion <command> --help``: one module per command."""
