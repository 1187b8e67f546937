"""What ``make chaos`` keeps and tells."""

from __future__ import annotations

import json
from pathlib import Path

from tests.chaos.campaign import Campaign, Fault
from tests.chaos.judge import WRONGS, Verdict

FAULTS = [Fault("sender killed", "mv", "now", 2.0), Fault("sender killed", "tasy", "now", 4.0), Fault("half answers", "", "now")]


def report(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "report.json").read_text()))


def test_a_report_counts_faults_and_wrongs_and_tells_the_time_to_recover(tmp_path: Path) -> None:
    campaign = Campaign(7)
    campaign.add(FAULTS, Verdict(lost=["mv 12"]), 1.5)
    campaign.save(tmp_path)
    found = report(tmp_path)
    assert {name: found[name] for name in WRONGS} == {"lost": 1, "doubled": 0, "stale": 0, "out_of_order": 0, "stuck": 0}
    assert found["faults"] == 3 and not campaign.clean
    assert found["by_kind"] == {
        "half answers": {"faults": 1, "wrong_in_its_rounds": 1},
        "sender killed": {"faults": 2, "recovered_p50_s": 3.0, "recovered_max_s": 4.0, "wrong_in_its_rounds": 1},
    }
    assert "mv 12" in campaign.wrong["lost"][0] and "1 lost" in campaign.told()


def test_a_stopped_campaign_goes_on_with_the_next_round(tmp_path: Path) -> None:
    campaign = Campaign(7)
    campaign.add(FAULTS, Verdict(), 1)
    campaign.save(tmp_path)
    assert Campaign.resume(tmp_path, 7) == campaign
    assert Campaign.resume(tmp_path, 8) == Campaign(8)
    assert campaign.clean
