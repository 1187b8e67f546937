from tests.conformance import SystemSuite


class TestTrackcare(SystemSuite):
    system = "trackcare"
