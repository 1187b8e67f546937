"""What the tests of the queue share: an integration database as migrations leave it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine


@pytest.fixture
def engine(migrated: Engine) -> Engine:
    return migrated
