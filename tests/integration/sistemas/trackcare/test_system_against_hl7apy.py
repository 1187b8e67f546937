"""Every message that a hospital's history makes, through the whole chain, judged by an independent library."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_segment

from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.check.check import check_message
from sandbox.origens.trackcare import linhas, simulador
from sandbox.origens.trackcare.hospital import Hospital
from sandbox.postgres import Postgres
from tests.integration.sistemas.trackcare.chain import Chain
from tests.unit.hl7.build.test_message import oracle_text

EVERYTHING = {
    *(f"ADT^{e}" for e in ("A01", "A02", "A03", "A04", "A08", "A11", "A13", "A31", "A40", "A60")), "ORU^R01", "MDM^T02", "RDE^O11",
    *(f"SIU^{e}" for e in ("S12", "S13", "S14", "S15", "S26")),
}  # fmt: skip
ROUNDS = 12
"""Of ten changes each."""
_OF_HOSPITAL = re.compile("not in table HL70069")
"""The specialties are each hospital's own codes."""


_DAS_CIRURGIAS = ({"rbop_timeoper": "23:59:00"}, {"rbop_status": "I"}, {"rbop_status": "X"}, {"rbop_status": "N"})
"""Rescheduled, begun, cancelled, patient did not come."""


def _rare(c: Chain) -> None:
    """What chance may leave out of a short history: an admission or a discharge taken back, a merge, surgeries that change."""
    con = psycopg2.connect(c.dsn["origem"])
    h = Hospital(con, c.rng)
    episodios = [h.new_episode(h.new_paciente(), "I") for _ in range(6)]
    cirurgias = [h.new("rb_operatingroom") for _ in _DAS_CIRURGIAS]
    for key, adm in zip(cirurgias, episodios, strict=False):
        h.insert("rb_operatingroom", linhas.cirurgia(h.c, h.rng, key, adm, h.now + timedelta(days=3), "P", h.now))
    day, hour = h.c.pair(h.now)
    h.change("pa_adm", "paadm_rowid", episodios[-1], paadm_visitstatus="D", paadm_dischgdate=day, paadm_dischgtime=hour)
    _close_day(c, con)
    h = Hospital(con, c.rng)
    for key, change in zip(cirurgias, _DAS_CIRURGIAS, strict=True):
        h.change("rb_operatingroom", "rbop_rowid", key, **change, **h.marca("rbop"))
    h.change(
        "pa_adm", "paadm_rowid", episodios[-1], paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None, **h.marca("paadm")
    )
    h.change("pa_adm", "paadm_rowid", episodios[-2], paadm_visitstatus="C", **h.marca("paadm"))
    simulador.merge_pacientes(h)
    _close_day(c, con)
    con.close()


def _close_day(c: Chain, con: Any) -> None:
    con.commit()
    c.load()
    c.prepare()


def _history(c: Chain) -> list[Hl7Message]:
    c.carga_inicial()
    for _ in range(ROUNDS):
        c.load()
        c.prepare()
        c.change(10)
    _rare(c)
    assert c.situacoes() == {"pendente": len(c.fila("select 1 from PacienteArquivo"))}
    done = []
    for (raw,) in c.fila("select mensagem from PacienteArquivo order by id"):
        msh = bytes(raw).split(b"\r")[0].decode("latin-1").split("|")
        code, event = msh[8].split("^")[:2]
        done.append(Hl7Message(code, event, msh[9], bytes(raw)))
    return done


@pytest.fixture(scope="module")
def histories(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Hl7Message]]:
    """Version → its messages; outpatients are registered (A04) in both."""
    done = {}
    for version in ("2.4", "2.5.1"):
        c = Chain(postgres, tmp_path_factory.mktemp("oraculo"), 40, hl7={"versao": version}, paciente={"evento_ambulatorial": "A04"})
        done[version] = _history(c)
        c.close()
    return done


def _judge(m: Hl7Message, folder: Path) -> list[str]:
    try:
        return [f"{m.event}: {line}" for line in oracle_text(m, folder).splitlines() if not _OF_HOSPITAL.search(line)]
    except Exception as error:
        return [f"{m.event}: {error!r}"]


@pytest.mark.parametrize("versao", ["2.4", "2.5.1"])
def test_a_history_has_every_event(histories: dict[str, list[Hl7Message]], versao: str) -> None:
    assert {f"{m.tipo}^{m.event}" for m in histories[versao]} == EVERYTHING
    assert len({m.controle for m in histories[versao]}) == len(histories[versao]) > 300
    assert [a for m in histories[versao] for a in check_message(m.body)] == []


def test_the_independent_library_finds_nothing_wrong_in_any_message_of_2_4(histories: dict[str, list[Hl7Message]], tmp_path: Path) -> None:
    assert Counter(line for m in histories["2.4"] for line in _judge(m, tmp_path)) == {}


def test_nor_in_any_of_2_5_1(histories: dict[str, list[Hl7Message]], tmp_path: Path) -> None:
    """Its parser puts the TQ1 behind RXE into the group behind ORC: of an O11 it can judge the segments; their order is our checker's.

    It takes no ``""`` for a time of 2.5.1, though every field may have it: a cancelled discharge is judged without.
    """
    found: Counter[str] = Counter()
    for m in histories["2.5.1"]:
        if m.event != "O11":
            found.update(_judge(replace(m, body=m.body.replace(b'|""', b"|")), tmp_path))
            continue
        for segment in m.body.decode("latin-1").split("\r")[1:-1]:
            assert parse_segment(segment, version="2.5.1", validation_level=VALIDATION_LEVEL.STRICT).validate()
    assert found == {}


def test_the_library_would_notice_one_bad_message_among_all(histories: dict[str, list[Hl7Message]], tmp_path: Path) -> None:
    for m in histories["2.4"][:50]:
        assert _judge(replace(m, body=re.sub(rb"\rPID\|1\|\|[^|]*", b"\rPID|1||", m.body)), tmp_path)
