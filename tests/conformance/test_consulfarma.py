from tests.conformance import SystemSuite


class TestConsulfarma(SystemSuite):
    system = "consulfarma"
