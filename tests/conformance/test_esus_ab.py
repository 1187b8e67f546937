from typing import ClassVar

from tests.conformance import SystemSuite


class TestEsusAb(SystemSuite):
    system = "esus_ab"


class TestOlderEsusAb(SystemSuite):
    system = "esus_ab"
    options: ClassVar = {"version": "antiga"}
