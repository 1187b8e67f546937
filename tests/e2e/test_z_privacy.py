"""After everything else (hence the file's name): no patient in any log, XCom, event, conf or rendered field."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sandbox.sources import sources
from sandbox.stack.situacao import depths
from tests.e2e.hub import Hub

COLUMNS = {name: (s.personal["table"], s.personal["columns"]) for name, s in sources().items() if s.personal}
SHORT_NAME = 6
"""A shorter text turns up by chance."""
LONG = 10
"""A shorter number turns up by chance inside ids and moments: it counts where it stands alone."""


class Personal(dict[str, str]):
    """Personal values, each with its system and column; a failing test prints its arguments, so this says only how many it holds."""

    def __repr__(self) -> str:
        return f"<{len(self)} personal values>"


@pytest.fixture(scope="module")
def personal(stack: Hub) -> Personal:
    """Names and documents of every patient of all sources; numbers also without their punctuation."""
    matches = Personal()
    for system, (table, columns) in COLUMNS.items():
        for column in columns:
            for row in stack.sql(system, f"select distinct {column} as v from {table} where {column} is not null"):
                value = re.sub(r"[\x00-\x1f\x7f]", "", str(row["v"])).strip()
                # A number inside a text ("p123456@") says nobody's name, and six digits of it are some moment's microseconds.
                formas = {value} if re.search(r"[^\W\d_]", value) else {value, re.sub(r"\D", "", value)}
                matches.update({form: f"{system} {column}" for form in formas if len(form) >= SHORT_NAME})
    return matches


def found(personal: Personal, text: str) -> Counter[str]:
    """How many personal values of each column the text holds; never the values, so that this test's own output keeps the rule."""
    words = set(re.findall(r"\w+", text))
    numbers = " ".join(set(re.findall(r"\d+", text)))

    def has_value(value: str) -> bool:
        if value.isdigit():
            return value in (words if len(value) < LONG else numbers)
        # Reading all of the text again for each value takes long; words in the middle cannot be glued to anything.
        return words.issuperset(re.findall(r"\w+", value)[1:-1]) and value in text

    return Counter(column for value, column in personal.items() if has_value(value))


def test_the_check_would_find_somebody(stack: Hub, personal: Personal) -> None:
    matches = found(personal, str(stack.sql("fusion", "select corpo::text from registro")))
    assert matches.total() > 50


def test_no_log_file_names_a_patient(stack: Hub, personal: Personal) -> None:
    files = [a for folder in (stack.estado.logs, stack.estado.airflow / "logs") for a in folder.rglob("*") if a.is_file()]
    assert len(files) > 10
    assert {a.name: n for a in files if (n := found(personal, a.read_text(errors="replace")))} == {}


def test_airflow_keeps_no_patient(stack: Hub, personal: Personal) -> None:
    """XCom, asset events, confs, rendered fields: every table there is."""
    matches = found(personal, "\n".join([*stack.said, stack.everything_airflow_keeps()]))
    assert matches == {}


def test_no_reason_in_the_queue_names_a_patient(stack: Hub, personal: Personal) -> None:
    databases = ("fusion_integracao", "plataforma")
    tables = {(database, table) for database in databases for table, *_ in depths(stack.url(database))}
    reasons = [stack.sql(database, f"select motivo from {table}") for database, table in tables]
    matches = found(personal, str(reasons))
    assert matches == {}
