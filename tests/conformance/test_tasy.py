from tests.conformance import SystemSuite


class TestTasy(SystemSuite):
    system = "tasy"
