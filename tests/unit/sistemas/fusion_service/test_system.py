"""Rows of MV's surgical schedule become a booking, or a reason."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from include.fusion.errors import CodeWithoutDePara, InvalidRecord
from include.fusion.model.agenda import AgendamentoCirurgico, AplicacaoPendencia
from include.fusion.model.content import body
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import MappingContext
from include.fusion.settings import installed
from include.fusion.sistemas.fusion_service.system import SYSTEM, map_record, minutes
from include.fusion.sistemas.skymed import system
from include.fusion.sistemas.skymed.settings import Skymed
from sandbox.fusion import contrato

AGENDAMENTO = {
    "chave": 7, "dt_inicio_age_cir": datetime(2025, 3, 1, 8), "dt_final_age_cir": datetime(2025, 3, 1, 10, 30),
    "vl_tempo_cirurgia": datetime(1899, 12, 30, 2, 30), "vl_tempo_limpeza": datetime(1899, 12, 30, 0, 30), "tp_situacao": "G",
    "cd_atendimento": 99, "sn_uti": "S", "dt_cancelamento": None, "ds_obs_aviso": None, "cd_paciente": 5, "nm_paciente": "Paciente de Teste",
    "nm_social_paciente": "Nome Antigo", "sn_utiliza_nome_social": "N", "dt_nascimento": datetime(1980, 2, 29), "tp_sexo": "F",
    "nr_cpf": "52998224725", "nr_cns": None, "cd_cns": "700000000000005", "ds_sal_cir": "SALA 1", "ds_cen_cir": "CENTRO CIRÚRGICO",
}  # fmt: skip
CIRURGIA = {
    "chave": 7,
    "cd_cirurgia_aviso": 1,
    "sn_principal": "S",
    "ds_lateralidade": "DIREITA",
    "cd_pro_fat": "0407",
    "ds_cirurgia": "Hérnia",
}
MEMBRO = {
    "chave": 7, "cd_ati_med": "01", "sn_principal": "N", "prestador_codigo": 3, "prestador_nome": "Prestador de Teste", "prestador_cpf": None,
    "prestador_cns": None, "prestador_cbo": "225225", "prestador_conselho": None, "prestador_registro": "12345",
}  # fmt: skip


@pytest.fixture
def ctx() -> MappingContext:
    return MappingContext(DePara.load("fusion_service", "fusion_service"), ZoneInfo("America/Bahia"))


def build(ctx: MappingContext, equipe: Any = (MEMBRO,), **fields: Any) -> AgendamentoCirurgico:
    return map_record({"agendamento": [AGENDAMENTO | fields], "cirurgias": [CIRURGIA], "equipe": list(equipe)}, ctx)


def test_a_full_row_meets_the_contract(ctx: MappingContext) -> None:
    data = body(build(ctx))
    assert contrato.validator("AgendamentoCirurgico").is_valid(data)
    assert data["inicio"] == "2025-03-01T08:00:00-03:00" and data["situacao"] == "AGENDADA" and data["utiNecessaria"] is True
    assert data["paciente"] == {"codigo": "5", "nome": "Paciente de Teste", "sexo": "FEMININO", "dataNascimento": "1980-02-29",
                                 "cpf": "52998224725", "cns": "700000000000005"}  # fmt: skip
    assert data["cirurgias"] == [
        {"codigo": "1", "procedimento": "0407", "descricao": "Hérnia", "principal": True, "lateralidade": "DIREITA"}
    ]


@pytest.mark.parametrize(("valor", "expected"), [
    (None, None), (datetime(1899, 12, 30, 2, 30), 150), (datetime(2025, 3, 1), 0), (datetime(2025, 3, 1, 0, 0, 1), 1), (time(23, 59, 59), 1439),
])  # fmt: skip
def test_a_duration_is_the_time_of_day(valor: Any, expected: int | None) -> None:
    assert minutes(valor, "duracao") == expected


def test_a_duration_that_is_no_date_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="duração inválida"):
        minutes("duas horas", "duracaoPrevistaMinutos")


def test_before_the_admission_there_is_no_attendance(ctx: MappingContext) -> None:
    assert "atendimento" not in body(build(ctx, cd_atendimento=None))


def test_before_the_record_the_patient_is_a_name(ctx: MappingContext) -> None:
    without = dict.fromkeys(
        ("cd_paciente", "nm_social_paciente", "sn_utiliza_nome_social", "dt_nascimento", "tp_sexo", "nr_cpf", "nr_cns", "cd_cns")
    )
    assert body(build(ctx, **without))["paciente"] == {"nome": "Paciente de Teste"}


@pytest.mark.parametrize(("abbreviation", "situacao"), [
    ("P", "PRE_AGENDADA"), ("A", "AVISADA"), ("G", "AGENDADA"), ("T", "EM_CHECAGEM"), ("R", "REALIZADA"), ("C", "CANCELADA"),
])  # fmt: skip
def test_every_state_has_its_word(ctx: MappingContext, abbreviation: str, situacao: str) -> None:
    assert build(ctx, tp_situacao=abbreviation).situacao == situacao


def test_called_off_keeps_when(ctx: MappingContext) -> None:
    data = body(build(ctx, tp_situacao="C", dt_cancelamento=datetime(2025, 2, 28, 17, 5)))
    assert (data["situacao"], data["canceladoEm"]) == ("CANCELADA", "2025-02-28T17:05:00-03:00")


def test_an_unknown_state_is_refused_by_its_catalogue(ctx: MappingContext) -> None:
    with pytest.raises(CodeWithoutDePara, match="situacao_agendamento"):
        build(ctx, tp_situacao="Z")


@pytest.mark.parametrize(("fields", "motivo"), [
    ({"dt_inicio_age_cir": datetime(1500, 1, 1)}, "inicio: data fora"), ({"dt_final_age_cir": datetime(2025, 3, 1, 7)}, "fim: anterior"),
    ({"tp_situacao": None}, "situacao: não preenchido"), ({"nm_paciente": " "}, "paciente.nome: não preenchido"),
    ({"nr_cpf": "11111111111"}, "paciente.cpf"),
])  # fmt: skip
def test_what_cannot_be_a_booking_says_where(ctx: MappingContext, fields: dict[str, Any], motivo: str) -> None:
    with pytest.raises(InvalidRecord, match=motivo):
        build(ctx, **fields)


def test_a_professional_stands_once_per_function(ctx: MappingContext) -> None:
    equipe = build(ctx, [MEMBRO, MEMBRO | {"sn_principal": "S"}, MEMBRO | {"cd_ati_med": "02"}]).equipe
    assert [(m.funcao, m.principal) for m in equipe] == [("CIRURGIAO", True), ("OUTRA", False)]


def test_a_company_in_the_team_has_no_cpf(ctx: MappingContext) -> None:
    (membro,) = build(ctx, [MEMBRO | {"prestador_cpf": "12345678000195"}]).equipe
    assert membro.profissional.cpf is None and membro.profissional.numero_conselho == "12345"


def test_a_pendency_names_the_booking_and_the_moment_to_the_millisecond() -> None:
    (integracao,) = installed(Skymed)
    pendencia = system.build("7", integracao)
    assert isinstance(pendencia, AplicacaoPendencia)
    assert (pendencia.id_entidade, pendencia.integracao_origem, pendencia.data_registro.microsecond % 1000) == ("7", 44, 0)
    assert abs((datetime.now(UTC) - pendencia.data_registro).total_seconds()) < 60
    assert contrato.validator("AplicacaoPendencia").is_valid(body(pendencia))


def test_what_the_source_lost_is_cancelled() -> None:
    assert [p.cancel_absent for p in SYSTEM.processos] == [True]
