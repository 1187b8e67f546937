from tests.conformance import SystemSuite


class TestFusionService(SystemSuite):
    system = "fusion_service"
