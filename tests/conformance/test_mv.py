from tests.conformance import SystemSuite


class TestMv(SystemSuite):
    system = "mv"
