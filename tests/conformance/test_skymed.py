from tests.conformance import SystemSuite


class TestSkymed(SystemSuite):
    system = "skymed"
