"""Fusion Service: surgical bookings of MV, read when an application pendency of Fusion names them.

AGE_CIR is only the slot: patient, state, surgeries and team belong to AVISO_CIRURGIA. VL_TEMPO_* are DATEs used as durations: their time of
day counts. A booking that MV deleted is cancelled in Fusion; one that was called off is a booking in state CANCELADA.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, sections, values
from include.fusion.model.agenda import AgendamentoCirurgico, CirurgiaAgendada, MembroEquipe, PacienteAgendado
from include.fusion.reading.spec import Contexto, Detalhe, Linha, Processo, Sistema
from include.fusion.sistemas.fusion_service.form import BOOKINGS
from include.fusion.sistemas.mv.patient import profissional


def minutos(valor: Any, campo: str) -> int | None:
    """The time of day of a DATE as a duration; a part of a minute counts as one."""
    if valor is None:
        return None
    if not isinstance(valor, datetime | time):
        raise RegistroInvalido(campo, "duração inválida")
    return min(valor.hour * 60 + valor.minute + (valor.second > 0), 24 * 60 - 1)


def _paciente(g: Linha, ctx: Contexto) -> PacienteAgendado:
    nome = values.texto(g["nm_paciente"])
    if nome is None:
        raise RegistroInvalido("paciente.nome", "não preenchido na origem")
    return PacienteAgendado(
        codigo=values.codigo(g["cd_paciente"]),
        nome=nome,
        nome_social=values.texto(g["nm_social_paciente"]) if values.booleano(g["sn_utiliza_nome_social"]) else None,
        data_nascimento=dates.data(g["dt_nascimento"], "paciente.dataNascimento"),
        sexo=ctx.depara.traduzir("sexo", g["tp_sexo"]),
        cpf=documents.cpf(g["nr_cpf"], ctx),
        cns=documents.cns(values.codigo(g["nr_cns"]) or g["cd_cns"], ctx),
    )


def _cirurgia(x: Linha) -> CirurgiaAgendada:
    return CirurgiaAgendada(
        codigo=str(x["cd_cirurgia_aviso"]),
        procedimento=values.codigo(x["cd_pro_fat"]),
        descricao=values.texto(x["ds_cirurgia"]) or str(x["cd_cirurgia_aviso"]),
        principal=values.booleano(x["sn_principal"]),
        lateralidade=values.texto(x["ds_lateralidade"]),
    )


def _equipe(linhas: Sequence[Linha], ctx: Contexto) -> tuple[MembroEquipe, ...]:
    """Each professional once per function, whatever the number of surgeries; the main one of any is the main one."""
    membros: dict[tuple[str, str], MembroEquipe] = {}
    for x in linhas:
        pessoa, funcao = profissional(x, ctx), ctx.depara.traduzir("funcao_equipe", x["cd_ati_med"])
        if pessoa is None or funcao is None:
            continue
        chave = (str(x["prestador_codigo"]), funcao)
        anterior = membros.get(chave)
        principal = values.booleano(x["sn_principal"]) or (anterior is not None and anterior.principal)
        membros[chave] = MembroEquipe(profissional=pessoa, funcao=funcao, principal=principal)
    return tuple(membros.values())


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> AgendamentoCirurgico:
    """One booking with its surgeries and its team; ``RegistroInvalido`` or pydantic's error when it cannot be one."""
    g = sections.unica(dados, "agendamento")
    inicio = dates.data_hora(g["dt_inicio_age_cir"], ctx.fuso, "inicio")
    fim = dates.data_hora(g["dt_final_age_cir"], ctx.fuso, "fim")
    situacao = ctx.depara.traduzir("situacao_agendamento", g["tp_situacao"])
    if inicio is None or fim is None or situacao is None:
        raise RegistroInvalido("situacao" if situacao is None else "inicio" if inicio is None else "fim", "não preenchido na origem")
    if fim < inicio:
        raise RegistroInvalido("fim", "anterior ao início")
    return AgendamentoCirurgico(
        codigo=str(g["chave"]),
        paciente=sections.em("paciente", _paciente, g, ctx),
        atendimento=values.codigo(g["cd_atendimento"]),
        situacao=situacao,
        inicio=inicio,
        fim=fim,
        sala=values.texto(g["ds_sal_cir"]),
        centro_cirurgico=values.texto(g["ds_cen_cir"]),
        duracao_prevista_minutos=minutos(g["vl_tempo_cirurgia"], "duracaoPrevistaMinutos"),
        duracao_limpeza_minutos=minutos(g["vl_tempo_limpeza"], "duracaoLimpezaMinutos"),
        uti_necessaria=values.booleano(g["sn_uti"]),
        cancelado_em=dates.data_hora(g["dt_cancelamento"], ctx.fuso, "canceladoEm"),
        cirurgias=tuple(_cirurgia(x) for x in sections.linhas(dados, "cirurgias")),
        equipe=sections.em("equipe", _equipe, sections.linhas(dados, "equipe"), ctx),
        observacao=values.texto_clinico(g["ds_obs_aviso"]),
    )


SISTEMA = Sistema(
    nome="fusion_service",
    form=BOOKINGS,
    origens=(),
    detalhes=(Detalhe("agendamento"), Detalhe("cirurgias"), Detalhe("equipe")),
    mapear=mapear,
    tipo_chave=int,
    processos=(Processo("processar", "AplicacaoPendencia", "agenda_cirurgica", cancelar_ausentes=True, body="agendamento"),),
    atende_pendencias=True,
)
