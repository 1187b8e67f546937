"""What every system must do, as a class to subclass: see :class:`tests.conformance.suite.SystemSuite`.

A system's test is these lines, and nothing else is needed than ``sandbox/origens/<system>`` (create, generate, keys, change)::

    from tests.conformance import SystemSuite


    class TestExemplo(SystemSuite):
        system = "exemplo"
"""

import pytest

pytest.register_assert_rewrite("tests.conformance.cases", "tests.conformance.suite")

from tests.conformance.suite import SystemSuite  # noqa: E402

__all__ = ["SystemSuite"]
