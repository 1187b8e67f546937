"""``python -m include.fusion.migracoes``: the old name of ``python -m include.fusion migrate``, kept for one release."""

import sys

from include.fusion.cli.migrate import main

if __name__ == "__main__":
    sys.exit(main())
