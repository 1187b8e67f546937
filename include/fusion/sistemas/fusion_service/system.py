"""Fusion.Service: surgical bookings of MV. It reads a booking when a pendência of an application in Fusion names it.

AGE_CIR is only the slot: patient, state, surgeries and team are in AVISO_CIRURGIA. VL_TEMPO_* are DATEs that hold durations: only their
time of day counts. When MV deletes a booking, it is cancelled in Fusion; a booking that was called off has the state CANCELADA.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.agenda import AgendamentoCirurgico, CirurgiaAgendada, MembroEquipe, PacienteAgendado
from include.fusion.reading.form import FORM, code, day
from include.fusion.reading.spec import Detail, MappingContext, QueueProcess, Row, SystemSpec
from include.fusion.sistemas.mv.patient import profissional

BOOKINGS = {
    **FORM,
    "atendimento": code("Agendamento", "Código de um agendamento cirúrgico na origem (CD_AGE_CIR)."),
    "paciente": code("Paciente", "Código de um paciente na origem: todos os seus agendamentos."),
    "data_inicial": day("De", "Primeiro dia do período (início da cirurgia)."),
}
"""What a person may ask of a run. A record is a surgical booking, not an attendance."""


def minutes(value: Any, field: str) -> int | None:
    """Minutes in the time of day of a DATE, rounded up. Raises ``InvalidRecord``."""
    if value is None:
        return None
    if not isinstance(value, datetime | time):
        raise InvalidRecord(field, "duração inválida")
    return min(value.hour * 60 + value.minute + (value.second > 0), 24 * 60 - 1)


def _paciente(g: Row, ctx: MappingContext) -> PacienteAgendado:
    return PacienteAgendado(
        codigo=values.to_code(g["cd_paciente"]),
        nome=values.required(values.to_text(g["nm_paciente"]), "paciente.nome"),
        nome_social=values.to_text(g["nm_social_paciente"]) if values.boolean(g["sn_utiliza_nome_social"]) else None,
        data_nascimento=dates.to_date(g["dt_nascimento"], "paciente.dataNascimento"),
        sexo=ctx.depara.translate("sexo", g["tp_sexo"]),
        cpf=documents.cpf(g["nr_cpf"], ctx),
        cns=documents.cns(values.to_code(g["nr_cns"]) or g["cd_cns"], ctx),
    )


def _cirurgia(x: Row) -> CirurgiaAgendada:
    return CirurgiaAgendada(
        codigo=str(x["cd_cirurgia_aviso"]),
        procedimento=values.to_code(x["cd_pro_fat"]),
        descricao=values.to_text(x["ds_cirurgia"]) or str(x["cd_cirurgia_aviso"]),
        principal=values.boolean(x["sn_principal"]),
        lateralidade=values.to_text(x["ds_lateralidade"]),
    )


def _equipe(rows: Sequence[Row], ctx: MappingContext) -> tuple[MembroEquipe, ...]:
    """Each professional once per role, even with several surgeries. Who is the main one of a surgery is the main one of the booking."""
    members: dict[tuple[str, str], MembroEquipe] = {}
    for x in rows:
        person, role = profissional(x, ctx), ctx.depara.translate("funcao_equipe", x["cd_ati_med"])
        if person is None or role is None:
            continue
        key = (str(x["prestador_codigo"]), role)
        previous = members.get(key)
        principal = values.boolean(x["sn_principal"]) or (previous is not None and previous.principal)
        members[key] = MembroEquipe(profissional=person, funcao=role, principal=principal)
    return tuple(members.values())


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> AgendamentoCirurgico:
    """One booking with its surgeries and team. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""
    g = sections.only_row(data, "agendamento")
    start = dates.date_time(g["dt_inicio_age_cir"], ctx.zone, "inicio")
    end = dates.date_time(g["dt_final_age_cir"], ctx.zone, "fim")
    status = ctx.depara.translate("situacao_agendamento", g["tp_situacao"])
    status, start, end = values.required(status, "situacao"), values.required(start, "inicio"), values.required(end, "fim")
    if end < start:
        raise InvalidRecord("fim", "anterior ao início")
    return AgendamentoCirurgico(
        codigo=str(g["chave"]),
        paciente=sections.within("paciente", _paciente, g, ctx),
        atendimento=values.to_code(g["cd_atendimento"]),
        situacao=status,
        inicio=start,
        fim=end,
        sala=values.to_text(g["ds_sal_cir"]),
        centro_cirurgico=values.to_text(g["ds_cen_cir"]),
        duracao_prevista_minutos=minutes(g["vl_tempo_cirurgia"], "duracaoPrevistaMinutos"),
        duracao_limpeza_minutos=minutes(g["vl_tempo_limpeza"], "duracaoLimpezaMinutos"),
        uti_necessaria=values.boolean(g["sn_uti"]),
        cancelado_em=dates.date_time(g["dt_cancelamento"], ctx.zone, "canceladoEm"),
        cirurgias=tuple(_cirurgia(x) for x in sections.rows(data, "cirurgias")),
        equipe=sections.within("equipe", _equipe, sections.rows(data, "equipe"), ctx),
        observacao=values.clinical_text(g["ds_obs_aviso"]),
    )


SYSTEM = SystemSpec(
    nome="fusion_service",
    form=BOOKINGS,
    origins=(),
    details=(Detail("agendamento"), Detail("cirurgias"), Detail("equipe")),
    map_record=map_record,
    key_type=int,
    processos=(QueueProcess("processar", "AplicacaoPendencia", "agenda_cirurgica", cancel_absent=True, body="agendamento"),),
    serves_pendencias=True,
)
