"""Plain typed values for the builders, from any source.

Codes are HL7's, unless a docstring says otherwise. Times without a zone are local time of the installation. ``None`` leaves a field empty;
``DELETE`` makes the receiver delete its value. Never rename these classes and fields: content hashes are made of their ``repr``, and
with new names everything would be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from include.fusion.hl7.wire.escapes import Delete

Text = str | Delete | None


@dataclass(frozen=True, slots=True)
class Codigo:
    """A coded value; ``sistema`` from table 0396 (I10, LN, ...) or ``L`` for a local code."""

    codigo: str | None
    descricao: str | None = None
    sistema: str = "L"


@dataclass(frozen=True, slots=True)
class Pessoal:
    """A professional: ``codigo`` is the source's own."""

    codigo: str | None = None
    nome: str | None = None


@dataclass(frozen=True, slots=True)
class Local:
    unidade: str | None = None
    quarto: str | None = None
    leito: str | None = None
    estabelecimento: str | None = None


@dataclass(frozen=True, slots=True)
class Endereco:
    logradouro: str | None = None
    numero: str | None = None
    complemento: str | None = None
    bairro: str | None = None
    municipio: str | None = None
    uf: str | None = None
    cep: str | None = None
    codigo_ibge: str | None = None


@dataclass(frozen=True, slots=True)
class PacienteHl7:
    """``codigo`` is the source's number; ``outros`` are further numbers as (value, authority, type of table 0203)."""

    codigo: str
    nome: str
    nome_social: Text = None
    nome_mae: Text = None
    nascimento: date | None = None
    sexo: str | None = None
    raca: Codigo | None = None
    cpf: str | None = None
    cns: str | None = None
    outros: tuple[tuple[str, str, str], ...] = ()
    endereco: Endereco | None = None
    celular: str | None = None
    telefone: str | None = None
    email: str | None = None
    obito: bool | None = None
    obito_em: datetime | date | Delete | None = None


@dataclass(frozen=True, slots=True)
class Visita:
    """``classe``: table 0004 (I, O, E, P, ...). ``alta``: a day where the hour is not known; ``DELETE``: a cancelled discharge."""

    numero: str
    classe: str
    local: Local | None = None
    local_anterior: Local | None = None
    tipo_admissao: str | None = None
    responsavel: Pessoal | None = None
    admitente: Pessoal | None = None
    especialidade: str | None = None
    admissao: datetime | None = None
    alta: datetime | date | Delete | None = None
    motivo_alta: str | None = None


@dataclass(frozen=True, slots=True)
class Alergia:
    """``codigo``: unique at the source (IAM-7). ``acao``: A add, U update, D delete. ``situacao``: table 0438 (C, I, E, ...)."""

    codigo: str
    substancia: Codigo
    tipo: str | None = None
    gravidade: str | None = None
    reacoes: tuple[str, ...] = ()
    inicio: date | None = None
    acao: str = "A"
    situacao: str | None = None
    registrada_em: datetime | None = None


@dataclass(frozen=True, slots=True)
class Diagnostico:
    """``tipo``: table 0052 (A admitting, W working, F final). ``acao``: U update, D delete; 2.4 has no field for it."""

    codigo: str
    diagnostico: Codigo
    tipo: str
    quando: datetime | None = None
    principal: bool = False
    profissional: Pessoal | None = None
    acao: str = "U"


@dataclass(frozen=True, slots=True)
class Procedimento:
    """``tipo``: table 0230 (A anaesthesia, P procedure, I invasion, D diagnostic)."""

    codigo: str
    procedimento: Codigo
    quando: datetime
    tipo: str | None = None
    minutos: int | None = None
    profissional: Pessoal | None = None


@dataclass(frozen=True, slots=True)
class Nota:
    """``tipo``: table 0270 (HP, PN, DS, ...); ``completa``: table 0271 (AU authenticated, DO documented, ...). Text of any length."""

    codigo: str
    tipo: str
    texto: str
    quando: datetime | None = None
    titulo: Codigo | None = None
    autor: Pessoal | None = None
    completa: str = "AU"
    cancelada: bool = False


@dataclass(frozen=True, slots=True)
class Medicamento:
    """``controle``: ORC-1 (NW new, XO changed, DC discontinued, CA cancelled). ``dose`` in ``unidade``; only a cancelled order may lack it."""

    codigo: str
    medicamento: Codigo
    dose: float | None
    unidade: Codigo
    via: Codigo
    controle: str = "NW"
    situacao: str | None = None
    frequencia: Codigo | None = None
    duracao: str | None = None
    inicio: datetime | None = None
    fim: datetime | date | None = None
    quantidade: float | None = None
    instrucoes: str | None = None
    pedido_em: datetime | None = None
    prescritor: Pessoal | None = None


@dataclass(frozen=True, slots=True)
class CirurgiaHl7:
    """``situacao``: table 0278 (Booked, Started, Complete, Cancelled, Noshow from 2.5.1, ...). ``motivo``: why this event happened (SCH-6)."""

    codigo: str
    procedimento: Codigo
    inicio: datetime
    minutos: int | None = None
    situacao: str = "Booked"
    motivo: Codigo | None = None
    sala: Local | None = None
    cirurgiao: Pessoal | None = None
    diagnostico: Diagnostico | None = None


@dataclass(frozen=True, slots=True)
class Observacao:
    """One measured value; ``unidade`` in UCUM. ``situacao``: table 0085 (F final, C corrected, D deleted, W wrong patient).

    A deleted one has no ``valor``: a receiver that ignores the status must not read a number. ``numero`` (OBX-4) is unique in the panel,
    so that a deletion does not hit another value of the same sign.
    """

    codigo: Codigo
    valor: float | None
    unidade: str
    quando: datetime | None = None
    situacao: str = "F"
    profissional: Pessoal | None = None
    numero: str = "1"


@dataclass(frozen=True, slots=True)
class Painel:
    """Observations of one moment."""

    codigo: str
    quando: datetime
    observacoes: tuple[Observacao, ...]
    titulo: Codigo = Codigo("85353-1", "Vital signs, weight, height, head circumference, oxygen saturation and BMI panel", "LN")
