"""Canonical attendance: the one shape every source system is mapped into and Fusion receives.

Attribute names are Portuguese snake_case; the JSON that travels uses camelCase (``dataInicio``), as the contract in
``include/contracts/fusion-openapi.yaml`` gives it. A value that breaks a rule raises ``pydantic.ValidationError``,
whose message may hold patient data: :func:`include.fusion.erros.motivo_de` turns it into a reason without any.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from validate_docbr import CPF

_CPF = CPF()
# C0 and C1 controls other than tab, LF and CR, and DEL: none may reach a health record. (Lone surrogates are no text to pydantic.)
_SEM_CONTROLES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
# Numbers that faster libraries write otherwise than Python's json: 0.00001 or 1e-5 for 1e-05.
_NUMERO_RARO = re.compile(rb":-?(?:0\.0000|[0-9.]+e)")
TEXTO_LONGO_MAX = 2_000_000
"""Characters that one free text (an evolution, a report) may have."""


def _cpf(valor: str) -> str:
    if not re.fullmatch(r"[0-9]{11}", valor) or not _CPF.validate(valor):
        raise ValueError("CPF inválido")
    return valor


def _cns(valor: str) -> str:
    # The public rule only: libraries also demand endings that real cards do not all have.
    if not re.fullmatch(r"[12789][0-9]{14}", valor) or sum(int(d) * (15 - i) for i, d in enumerate(valor)) % 11:
        raise ValueError("CNS inválido")
    return valor


def _texto(tamanho: int) -> StringConstraints:
    """Limits that pydantic's core checks by itself: a record has some two hundred texts. ``comum.texto`` has cleaned them before."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=tamanho, pattern=_SEM_CONTROLES)


Curto = Annotated[str, _texto(500)]
Longo = Annotated[str, _texto(TEXTO_LONGO_MAX)]
Codigo = Annotated[str, _texto(100)]
Cpf = Annotated[str, AfterValidator(_cpf)]
Cns = Annotated[str, AfterValidator(_cns)]
Cid10 = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?$")]
Data = Annotated[date, Field(ge=date(1850, 1, 1), le=date(2200, 12, 31))]
DataHora = Annotated[AwareDatetime, Field(ge=datetime(1850, 1, 1, tzinfo=UTC), le=datetime(2200, 12, 31, tzinfo=UTC))]
Numero = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
MinutosDoDia = Annotated[int, Field(ge=0, le=1439)]


class _Base(BaseModel):
    # Built at first use: a task that only loads keys imports this module, too, and needs none of it.
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid", frozen=True, defer_build=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # Fields in the order of their JSON names: then the text that travels is the one that is hashed, and is written once.
        cls.__pydantic_fields__ = dict(sorted(cls.__pydantic_fields__.items(), key=lambda campo: to_camel(campo[0])))


class Endereco(_Base):
    logradouro: Curto | None = None
    numero: Curto | None = None
    complemento: Curto | None = None
    bairro: Curto | None = None
    cep: Annotated[str, Field(pattern=r"^[0-9]{8}$")] | None = None
    municipio: Curto | None = None
    codigo_ibge: Annotated[str, Field(pattern=r"^[0-9]{6,7}$")] | None = None
    uf: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class Contato(_Base):
    tipo: Literal["CELULAR", "RESIDENCIAL", "CONTATO", "EMAIL"]
    valor: Curto


class Paciente(_Base):
    codigo: Codigo
    nome: Curto
    nome_social: Curto | None = None
    nome_mae: Curto | None = None
    nome_pai: Curto | None = None
    data_nascimento: Data | None = None
    data_obito: Data | None = None
    sexo: Literal["MASCULINO", "FEMININO", "INDETERMINADO", "IGNORADO"]
    raca_cor: Literal["BRANCA", "PRETA", "PARDA", "AMARELA", "INDIGENA", "IGNORADA"] | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None
    endereco: Endereco | None = None
    contatos: tuple[Contato, ...] = ()
    ativo: bool = True
    unificado_em: Codigo | None = None
    """Key of the patient record this one was merged into, where the source says so."""


class Profissional(_Base):
    codigo: Codigo | None = None
    nome: Curto | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None
    cbo: Annotated[str, Field(pattern=r"^[0-9A-Z]{4,6}$")] | None = None
    conselho: Codigo | None = None
    numero_conselho: Codigo | None = None
    uf_conselho: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class Unidade(_Base):
    codigo: Codigo | None = None
    cnes: Annotated[str, Field(pattern=r"^[0-9]{7}$")] | None = None
    nome: Curto | None = None


class Equipe(_Base):
    ine: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = None
    nome: Curto | None = None


class _Item(_Base):
    codigo: Codigo
    """Key of this item at the source: stable across edits, unique within its kind and attendance."""


class Alergia(_Item):
    substancia: Curto
    categoria: Literal["MEDICAMENTO", "ALIMENTO", "AMBIENTE", "OUTRA"] = "OUTRA"
    gravidade: Literal["GRAVE", "MODERADA", "LEVE", "DESCONHECIDA"] = "DESCONHECIDA"
    nega: bool = False
    """True: the patient denies this allergy (a negative statement, not an allergy)."""
    reacao: Longo | None = None
    data_inicio: Data | None = None
    ativa: bool = True


class Vacina(_Item):
    imunobiologico: Codigo
    nome: Curto | None = None
    dose: Codigo | None = None
    estrategia: Codigo | None = None
    via: Codigo | None = None
    local_aplicacao: Codigo | None = None
    lote: Curto | None = None
    fabricante: Curto | None = None
    validade_lote: Data | None = None
    data_aplicacao: DataHora | None = None
    aprazamento: Data | None = None
    registro_anterior: bool = False
    observacao: Longo | None = None
    profissional: Profissional | None = None


class Cirurgia(_Item):
    procedimento: Codigo | None = None
    descricao: Curto
    situacao: Literal["AGENDADA", "EM_ANDAMENTO", "REALIZADA", "CANCELADA", "SUSPENSA"]
    inicio: DataHora | None = None
    fim: DataHora | None = None
    principal: bool = True
    lateralidade: Curto | None = None
    sala: Curto | None = None
    observacao: Longo | None = None
    profissional: Profissional | None = None


class Diagnostico(_Item):
    cid10: Cid10 | None = None
    ciap2: Annotated[str, Field(pattern=r"^-?[A-Z]?[0-9]{2,3}$")] | None = None
    descricao: Curto | None = None
    tipo: Literal["PRINCIPAL", "INICIAL", "FINAL", "DEFINITIVO", "PRELIMINAR", "SECUNDARIO"] = "PRINCIPAL"
    situacao: Literal["ATIVO", "LATENTE", "RESOLVIDO"] | None = None
    data: DataHora | None = None
    observacao: Longo | None = None
    profissional: Profissional | None = None


class ResultadoExame(_Base):
    nome: Curto
    valor: Longo | None = None
    valor_numerico: Numero | None = None
    unidade: Curto | None = None
    referencia: Curto | None = None


class Exame(_Item):
    """An ambulatory exam that was done, with its results."""

    procedimento: Codigo | None = None
    nome: Curto
    solicitado_em: DataHora | None = None
    realizado_em: DataHora | None = None
    resultado_em: DataHora | None = None
    laudo: Longo | None = None
    resultados: tuple[ResultadoExame, ...] = ()
    profissional: Profissional | None = None


class SolicitacaoExame(_Item):
    procedimento: Codigo | None = None
    nome: Curto
    tipo: Literal["LABORATORIAL", "IMAGEM", "OUTRO"] = "OUTRO"
    solicitado_em: DataHora | None = None
    justificativa: Longo | None = None
    observacao: Longo | None = None
    cid10: Cid10 | None = None
    profissional: Profissional | None = None


class Prescricao(_Item):
    """One prescribed medicine."""

    medicamento: Codigo | None = None
    """Catalogue code (CATMAT, or the site's own after De/Para)."""
    nome: Curto
    concentracao: Curto | None = None
    dose: Curto | None = None
    unidade_dose: Curto | None = None
    via: Codigo | None = None
    frequencia: Curto | None = None
    posologia: Longo | None = None
    quantidade: Numero | None = None
    uso_continuo: bool = False
    inicio: Data | None = None
    fim: Data | None = None
    prescrito_em: DataHora | None = None
    suspenso: bool = False
    recomendacao: Longo | None = None
    profissional: Profissional | None = None


class Evolucao(_Item):
    """A clinical note; SOAP parts where the source has them, ``texto`` where it has one text."""

    tipo: Codigo | None = None
    data: DataHora | None = None
    subjetivo: Longo | None = None
    objetivo: Longo | None = None
    avaliacao: Longo | None = None
    plano: Longo | None = None
    texto: Longo | None = None
    profissional: Profissional | None = None


class Anamnese(_Item):
    data: DataHora | None = None
    queixa_principal: Longo | None = None
    texto: Longo | None = None
    profissional: Profissional | None = None


SINAIS = {
    "PRESSAO_SISTOLICA": "mm[Hg]", "PRESSAO_DIASTOLICA": "mm[Hg]", "PRESSAO_MEDIA": "mm[Hg]",
    "FREQUENCIA_CARDIACA": "/min", "FREQUENCIA_RESPIRATORIA": "/min", "SATURACAO_O2": "%", "TEMPERATURA": "Cel",
    "PESO": "kg", "ALTURA": "cm", "IMC": "kg/m2", "PERIMETRO_CEFALICO": "cm", "CIRCUNFERENCIA_ABDOMINAL": "cm",
    "PERIMETRO_PANTURRILHA": "cm", "GLICEMIA_CAPILAR": "mg/dL", "DOR": "{score}",
}  # fmt: skip
"""Vital sign → its only unit (UCUM)."""


class SinalVital(_Item):
    sinal: Literal[tuple(SINAIS)]  # type: ignore[valid-type]
    valor: Numero
    unidade: Codigo
    data: DataHora
    qualificador: Curto | None = None
    """Glycaemia: JEJUM, POS_PRANDIAL, PRE_PRANDIAL or NAO_ESPECIFICADO."""
    profissional: Profissional | None = None


class MovimentacaoLeito(_Item):
    tipo: Literal["INTERNACAO", "TRANSFERENCIA", "ALTA", "RESERVA"]
    inicio: DataHora
    fim: DataHora | None = None
    leito: Codigo | None = None
    leito_anterior: Codigo | None = None
    setor: Curto | None = None
    uti: bool = False


class Procedimento(_Item):
    procedimento: Codigo
    nome: Curto | None = None
    quantidade: Numero | None = None
    realizado_em: DataHora | None = None
    profissional: Profissional | None = None


class Atendimento(_Base):
    """One attendance as a whole snapshot: what a list no longer holds no longer exists."""

    codigo: Codigo
    paciente: Paciente
    tipo: Literal["INTERNACAO", "URGENCIA", "AMBULATORIAL", "EXTERNO", "DOMICILIAR", "ATENCAO_BASICA"]
    situacao: Literal["MARCADO", "AGUARDANDO", "EM_ATENDIMENTO", "FINALIZADO", "NAO_AGUARDOU", "CANCELADO"]
    carater: Literal["ELETIVO", "URGENCIA"] | None = None
    data_inicio: DataHora
    data_fim: DataHora | None = None
    data_alta_medica: DataHora | None = None
    motivo_alta: Codigo | None = None
    queixa_principal: Longo | None = None
    unidade: Unidade | None = None
    equipe: Equipe | None = None
    setor: Curto | None = None
    leito: Codigo | None = None
    especialidade: Curto | None = None
    convenio: Curto | None = None
    profissional: Profissional | None = None
    nega_alergias: bool | None = None
    """True: the patient is said to have no allergies at all; then there is no item. Absent: nothing was said, or there are some."""
    alergias: tuple[Alergia, ...] = ()
    vacinas: tuple[Vacina, ...] = ()
    cirurgias: tuple[Cirurgia, ...] = ()
    diagnosticos: tuple[Diagnostico, ...] = ()
    exames: tuple[Exame, ...] = ()
    solicitacoes_exame: tuple[SolicitacaoExame, ...] = ()
    prescricoes: tuple[Prescricao, ...] = ()
    evolucoes: tuple[Evolucao, ...] = ()
    anamneses: tuple[Anamnese, ...] = ()
    sinais_vitais: tuple[SinalVital, ...] = ()
    movimentacoes_leito: tuple[MovimentacaoLeito, ...] = ()
    procedimentos: tuple[Procedimento, ...] = ()
    atualizado_em: DataHora | None = None
    """The source's change marker when it was read: it tells versions apart and is no content of its own."""


class PacienteAgendado(_Base):
    """A patient as far as the surgical schedule knows him or her: without a key before the hospital has a record."""

    codigo: Codigo | None = None
    nome: Curto
    nome_social: Curto | None = None
    data_nascimento: Data | None = None
    sexo: Literal["MASCULINO", "FEMININO", "INDETERMINADO", "IGNORADO"] | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None


class CirurgiaAgendada(_Item):
    procedimento: Codigo | None = None
    descricao: Curto
    principal: bool
    lateralidade: Curto | None = None


class MembroEquipe(_Base):
    profissional: Profissional
    funcao: Literal["CIRURGIAO", "AUXILIAR", "ANESTESISTA", "INSTRUMENTADOR", "OUTRA"]
    principal: bool


class AgendamentoCirurgico(_Base):
    """One booking of an operating room as a whole snapshot."""

    codigo: Codigo
    paciente: PacienteAgendado
    atendimento: Codigo | None = None
    """Key of the attendance; none until the patient is admitted."""
    situacao: Literal["PRE_AGENDADA", "AVISADA", "AGENDADA", "REALIZADA", "CANCELADA", "EM_CHECAGEM"]
    inicio: DataHora
    fim: DataHora
    sala: Curto | None = None
    centro_cirurgico: Curto | None = None
    duracao_prevista_minutos: MinutosDoDia | None = None
    duracao_limpeza_minutos: MinutosDoDia | None = None
    uti_necessaria: bool = False
    cancelado_em: DataHora | None = None
    cirurgias: tuple[CirurgiaAgendada, ...] = ()
    equipe: tuple[MembroEquipe, ...] = ()
    observacao: Longo | None = None


class AplicacaoPendencia(_Base):
    """A call that an application of Fusion still has to make on an entity."""

    aplicacao: Codigo
    metodo: Codigo
    id_entidade: Codigo
    integracao_origem: Annotated[int, Field(ge=1, le=2**31 - 1)]
    data_registro: DataHora
    data_processamento: DataHora | None = None
    erro: Curto | None = None


Registro = Atendimento | Paciente | AgendamentoCirurgico | AplicacaoPendencia
"""What is sent: one whole record, or one pending call."""


def corpo(registro: _Base) -> dict[str, Any]:
    """JSON-ready dict in camelCase without empty fields; equal records give equal dicts."""
    return registro.model_dump(mode="json", by_alias=True, exclude_none=True)


def versao_conteudo(dados: dict[str, Any]) -> str:
    """SHA-256 (hex, 64 characters) of a body, ``atualizadoEm`` left out: an edit that changes nothing keeps it.

    Hashed is the compact JSON with sorted keys as Python's ``json`` writes it, whichever library is faster at it.
    """
    nucleo = {k: v for k, v in dados.items() if k != "atualizadoEm"}
    texto = orjson.dumps(nucleo, option=orjson.OPT_SORT_KEYS)
    if _NUMERO_RARO.search(texto):
        texto = json.dumps(nucleo, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(texto).hexdigest()


def pacote(registro: Registro) -> tuple[bytes, str]:
    """JSON text of :func:`corpo` and its :func:`versao_conteudo`, without the dicts in between."""
    texto = registro.model_dump_json(by_alias=True, exclude_none=True, exclude={"atualizado_em"}).encode()
    versao = versao_conteudo(orjson.loads(texto)) if _NUMERO_RARO.search(texto) else hashlib.sha256(texto).hexdigest()
    if isinstance(registro, Atendimento) and registro.atualizado_em is not None:
        texto = b'{"atualizadoEm":"%s",' % registro.atualizado_em.isoformat().encode() + texto[1:]
    return texto, versao
