from tests.conformance import SystemSuite


class TestSotech(SystemSuite):
    system = "sotech"
