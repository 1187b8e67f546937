"""Canonical records of the surgical schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.fusion.model.atendimento import Profissional
from include.fusion.model.types import Cns, Codigo, Cpf, Date, LongText, MinutesOfDay, ShortText, Timestamp, _Base, _Item


class PacienteAgendado(_Base):
    """A patient in the surgical schedule. There is no key until the hospital has a record of the patient."""

    codigo: Codigo | None = None
    nome: ShortText
    nome_social: ShortText | None = None
    data_nascimento: Date | None = None
    sexo: Literal["MASCULINO", "FEMININO", "INDETERMINADO", "IGNORADO"] | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None


class CirurgiaAgendada(_Item):
    procedimento: Codigo | None = None
    descricao: ShortText
    principal: bool
    lateralidade: ShortText | None = None


class MembroEquipe(_Base):
    profissional: Profissional
    funcao: Literal["CIRURGIAO", "AUXILIAR", "ANESTESISTA", "INSTRUMENTADOR", "OUTRA"]
    principal: bool


class AgendamentoCirurgico(_Base):
    """One whole booking of an operating room."""

    codigo: Codigo
    paciente: PacienteAgendado
    atendimento: Codigo | None = None
    """Key of the attendance; ``None`` until the patient is admitted."""
    situacao: Literal["PRE_AGENDADA", "AVISADA", "AGENDADA", "REALIZADA", "CANCELADA", "EM_CHECAGEM"]
    inicio: Timestamp
    fim: Timestamp
    sala: ShortText | None = None
    centro_cirurgico: ShortText | None = None
    duracao_prevista_minutos: MinutesOfDay | None = None
    duracao_limpeza_minutos: MinutesOfDay | None = None
    uti_necessaria: bool = False
    cancelado_em: Timestamp | None = None
    cirurgias: tuple[CirurgiaAgendada, ...] = ()
    equipe: tuple[MembroEquipe, ...] = ()
    observacao: LongText | None = None


class AplicacaoPendencia(_Base):
    """A pendência: work that an application of Fusion still has to do on one entity."""

    aplicacao: Codigo
    metodo: Codigo
    id_entidade: Codigo
    integracao_origem: Annotated[int, Field(ge=1, le=2**31 - 1)]
    data_registro: Timestamp
    data_processamento: Timestamp | None = None
    erro: ShortText | None = None
