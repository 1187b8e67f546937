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

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.check.check import conferir
from sandbox.origens.trackcare import linhas, simulador
from sandbox.origens.trackcare.hospital import Hospital
from sandbox.postgres import Postgres
from tests.integration.trackcare_cadeia import Cadeia
from tests.unit.test_hl7_mensagens import oraculo

TODOS = {
    *(f"ADT^{e}" for e in ("A01", "A02", "A03", "A04", "A08", "A11", "A13", "A31", "A40", "A60")), "ORU^R01", "MDM^T02", "RDE^O11",
    *(f"SIU^{e}" for e in ("S12", "S13", "S14", "S15", "S26")),
}  # fmt: skip
RODADAS = 12
"""Of ten changes each."""
_DO_HOSPITAL = re.compile("not in table HL70069")
"""The specialties are each hospital's own codes."""


_DAS_CIRURGIAS = ({"rbop_timeoper": "23:59:00"}, {"rbop_status": "I"}, {"rbop_status": "X"}, {"rbop_status": "N"})
"""Rescheduled, begun, cancelled, patient did not come."""


def _raras(c: Cadeia) -> None:
    """What chance may leave out of a short history: an admission or a discharge taken back, a merge, surgeries that change."""
    con = psycopg2.connect(c.dsn["origem"])
    h = Hospital(con, c.rng)
    episodios = [h.novo_episodio(h.novo_paciente(), "I") for _ in range(6)]
    cirurgias = [h.novo("rb_operatingroom") for _ in _DAS_CIRURGIAS]
    for chave, adm in zip(cirurgias, episodios, strict=False):
        h.inserir("rb_operatingroom", linhas.cirurgia(h.c, h.rng, chave, adm, h.agora + timedelta(days=3), "P", h.agora))
    dia, hora = h.c.par(h.agora)
    h.mudar("pa_adm", "paadm_rowid", episodios[-1], paadm_visitstatus="D", paadm_dischgdate=dia, paadm_dischgtime=hora)
    _fechar_dia(c, con)
    h = Hospital(con, c.rng)
    for chave, mudanca in zip(cirurgias, _DAS_CIRURGIAS, strict=True):
        h.mudar("rb_operatingroom", "rbop_rowid", chave, **mudanca, **h.marca("rbop"))
    h.mudar("pa_adm", "paadm_rowid", episodios[-1], paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None, **h.marca("paadm"))
    h.mudar("pa_adm", "paadm_rowid", episodios[-2], paadm_visitstatus="C", **h.marca("paadm"))
    simulador.unificacao(h)
    _fechar_dia(c, con)
    con.close()


def _fechar_dia(c: Cadeia, con: Any) -> None:
    con.commit()
    c.carregar()
    c.preparar()


def _historia(c: Cadeia) -> list[MensagemHl7]:
    c.carga_inicial()
    for _ in range(RODADAS):
        c.carregar()
        c.preparar()
        c.mudar(10)
    _raras(c)
    assert c.situacoes() == {"pendente": len(c.fila("select 1 from PacienteArquivo"))}
    feitas = []
    for (bruto,) in c.fila("select mensagem from PacienteArquivo order by id"):
        msh = bytes(bruto).split(b"\r")[0].decode("latin-1").split("|")
        feitas.append(MensagemHl7(*msh[8].split("^")[:2], msh[9], bytes(bruto)))
    return feitas


@pytest.fixture(scope="module")
def historias(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[MensagemHl7]]:
    """Version → its messages; outpatients are registered (A04) in both."""
    feitas = {}
    for versao in ("2.4", "2.5.1"):
        c = Cadeia(postgres, tmp_path_factory.mktemp("oraculo"), 40, hl7={"versao": versao}, paciente={"evento_ambulatorial": "A04"})
        feitas[versao] = _historia(c)
        c.fechar()
    return feitas


def _julgar(m: MensagemHl7, pasta: Path) -> list[str]:
    try:
        return [f"{m.evento}: {linha}" for linha in oraculo(m, pasta).splitlines() if not _DO_HOSPITAL.search(linha)]
    except Exception as erro:
        return [f"{m.evento}: {erro!r}"]


@pytest.mark.parametrize("versao", ["2.4", "2.5.1"])
def test_a_history_has_every_event(historias: dict[str, list[MensagemHl7]], versao: str) -> None:
    assert {f"{m.tipo}^{m.evento}" for m in historias[versao]} == TODOS
    assert len({m.controle for m in historias[versao]}) == len(historias[versao]) > 300
    assert [a for m in historias[versao] for a in conferir(m.corpo)] == []


def test_the_independent_library_finds_nothing_wrong_in_any_message_of_2_4(historias: dict[str, list[MensagemHl7]], tmp_path: Path) -> None:
    assert Counter(linha for m in historias["2.4"] for linha in _julgar(m, tmp_path)) == {}


def test_nor_in_any_of_2_5_1(historias: dict[str, list[MensagemHl7]], tmp_path: Path) -> None:
    """Its parser puts the TQ1 behind RXE into the group behind ORC: of an O11 it can judge the segments; their order is our checker's.

    It takes no ``""`` for a time of 2.5.1, though every field may have it: a cancelled discharge is judged without.
    """
    achados: Counter[str] = Counter()
    for m in historias["2.5.1"]:
        if m.evento != "O11":
            achados.update(_julgar(replace(m, corpo=m.corpo.replace(b'|""', b"|")), tmp_path))
            continue
        for segmento in m.corpo.decode("latin-1").split("\r")[1:-1]:
            assert parse_segment(segmento, version="2.5.1", validation_level=VALIDATION_LEVEL.STRICT).validate()
    assert achados == {}


def test_the_library_would_notice_one_bad_message_among_all(historias: dict[str, list[MensagemHl7]], tmp_path: Path) -> None:
    for m in historias["2.4"][:50]:
        assert _julgar(replace(m, corpo=re.sub(rb"\rPID\|1\|\|[^|]*", b"\rPID|1||", m.corpo)), tmp_path)
