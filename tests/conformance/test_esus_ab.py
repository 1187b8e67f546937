from tests.conformance import SystemSuite


class TestEsusAb(SystemSuite):
    system = "esus_ab"
