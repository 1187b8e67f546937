"""``make chaos``: a thousand faults, and whether the hub was ever silently wrong.

Rounds of random and aimed faults on a stack of its own, with all sources at work. After each the hub comes to rest and is judged by comparing
sources and Fusion, without asking the engine. What was found is kept in ``.chaos``: run it again and it goes on. Exit code 1: something was wrong.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests import ROOT
from tests.chaos.campaign import Campaign
from tests.chaos.round import Round, seeded
from tests.chaos.stack import ChaosHub

KEPT = ROOT / ".chaos"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos C=...", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=1000, metavar="N", help="how many in all (default 1000: about an hour and a half)")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="what is drawn, and when (default 7)")
    parser.add_argument("--round", type=int, default=50, metavar="N", help="faults between two judgements (default 50)")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    return parser.parse_args()


def main() -> int:
    a = arguments()
    if a.fresh:
        shutil.rmtree(KEPT, ignore_errors=True)
    campaign = Campaign.resume(KEPT, a.seed)
    if len(campaign.faults) < a.faults:
        hub = ChaosHub(Path(tempfile.mkdtemp(prefix="fusion-chaos-")))
        try:
            hub.fill()
            while (left := a.faults - len(campaign.faults)) > 0:
                number = campaign.rounds + 1
                began = seeded(hub, a.seed, number)

                def say(text: str, number: int = number, began: float = began) -> None:
                    print(f"round {number}, {time.monotonic() - began:5.1f} s: {text}", flush=True)

                faults, verdict = Round(hub, say).run(min(a.round, left))
                campaign.add(faults, verdict, (time.monotonic() - began) / 60)
                campaign.save(KEPT)
                say(f"{len(campaign.faults)} of {a.faults} faults; wrong: {verdict.counts}")
        finally:
            hub.close()
    print(campaign.told())
    return 0 if campaign.clean else 1


if __name__ == "__main__":
    sys.exit(main())
