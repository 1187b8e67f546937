from typing import ClassVar

from tests.conformance import SystemSuite


class TestTrackcare(SystemSuite):
    system = "trackcare"


class TestHorologTrackcare(SystemSuite):
    system = "trackcare"
    options: ClassVar = {"horolog": True}
