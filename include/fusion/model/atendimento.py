"""Canonical attendance: every source system is mapped into this one shape, and Fusion receives it.

Attributes are Portuguese snake_case; the JSON uses camelCase (``dataInicio``), as in ``include/contracts/fusion-openapi.yaml``.
A wrong value raises ``pydantic.ValidationError``. Its message may hold patient data; ``include.fusion.errors.reason_of`` removes it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.fusion.model.types import Cid10, Cns, Codigo, Cpf, Date, LongText, Number, ShortText, Timestamp, _Base, _Item


class Endereco(_Base):
    logradouro: ShortText | None = None
    numero: ShortText | None = None
    complemento: ShortText | None = None
    bairro: ShortText | None = None
    cep: Annotated[str, Field(pattern=r"^[0-9]{8}$")] | None = None
    municipio: ShortText | None = None
    codigo_ibge: Annotated[str, Field(pattern=r"^[0-9]{6,7}$")] | None = None
    uf: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class Contato(_Base):
    tipo: Literal["CELULAR", "RESIDENCIAL", "CONTATO", "EMAIL"]
    valor: ShortText


class Paciente(_Base):
    codigo: Codigo
    nome: ShortText
    nome_social: ShortText | None = None
    nome_mae: ShortText | None = None
    nome_pai: ShortText | None = None
    data_nascimento: Date | None = None
    data_obito: Date | None = None
    sexo: Literal["MASCULINO", "FEMININO", "INDETERMINADO", "IGNORADO"]
    raca_cor: Literal["BRANCA", "PRETA", "PARDA", "AMARELA", "INDIGENA", "IGNORADA"] | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None
    endereco: Endereco | None = None
    contatos: tuple[Contato, ...] = ()
    ativo: bool = True
    unificado_em: Codigo | None = None
    """Key of the patient record that replaced this one, where the source says so."""


class Profissional(_Base):
    codigo: Codigo | None = None
    nome: ShortText | None = None
    cpf: Cpf | None = None
    cns: Cns | None = None
    cbo: Annotated[str, Field(pattern=r"^[0-9A-Z]{4,6}$")] | None = None
    conselho: Codigo | None = None
    numero_conselho: Codigo | None = None
    uf_conselho: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class Unidade(_Base):
    codigo: Codigo | None = None
    cnes: Annotated[str, Field(pattern=r"^[0-9]{7}$")] | None = None
    nome: ShortText | None = None


class Equipe(_Base):
    ine: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = None
    nome: ShortText | None = None


class _SignedItem(_Item):
    profissional: Profissional | None = None
    """Who did or recorded it."""


class Alergia(_Item):
    substancia: ShortText
    categoria: Literal["MEDICAMENTO", "ALIMENTO", "AMBIENTE", "OUTRA"] = "OUTRA"
    gravidade: Literal["GRAVE", "MODERADA", "LEVE", "DESCONHECIDA"] = "DESCONHECIDA"
    nega: bool = False
    """True: the patient says that he or she does not have this allergy."""
    reacao: LongText | None = None
    data_inicio: Date | None = None
    ativa: bool = True


class Vacina(_SignedItem):
    imunobiologico: Codigo
    nome: ShortText | None = None
    dose: Codigo | None = None
    estrategia: Codigo | None = None
    via: Codigo | None = None
    local_aplicacao: Codigo | None = None
    lote: ShortText | None = None
    fabricante: ShortText | None = None
    validade_lote: Date | None = None
    data_aplicacao: Timestamp | None = None
    aprazamento: Date | None = None
    registro_anterior: bool = False
    observacao: LongText | None = None


class Cirurgia(_SignedItem):
    procedimento: Codigo | None = None
    descricao: ShortText
    situacao: Literal["AGENDADA", "EM_ANDAMENTO", "REALIZADA", "CANCELADA", "SUSPENSA"]
    inicio: Timestamp | None = None
    fim: Timestamp | None = None
    principal: bool = True
    lateralidade: ShortText | None = None
    sala: ShortText | None = None
    observacao: LongText | None = None


class Diagnostico(_SignedItem):
    cid10: Cid10 | None = None
    ciap2: Annotated[str, Field(pattern=r"^-?[A-Z]?[0-9]{2,3}$")] | None = None
    descricao: ShortText | None = None
    tipo: Literal["PRINCIPAL", "INICIAL", "FINAL", "DEFINITIVO", "PRELIMINAR", "SECUNDARIO"] = "PRINCIPAL"
    situacao: Literal["ATIVO", "LATENTE", "RESOLVIDO"] | None = None
    data: Timestamp | None = None
    observacao: LongText | None = None


class ResultadoExame(_Base):
    nome: ShortText
    valor: LongText | None = None
    valor_numerico: Number | None = None
    unidade: ShortText | None = None
    referencia: ShortText | None = None


class Exame(_SignedItem):
    """A finished ambulatory exam with its results."""

    procedimento: Codigo | None = None
    nome: ShortText
    solicitado_em: Timestamp | None = None
    realizado_em: Timestamp | None = None
    resultado_em: Timestamp | None = None
    laudo: LongText | None = None
    resultados: tuple[ResultadoExame, ...] = ()


class SolicitacaoExame(_SignedItem):
    procedimento: Codigo | None = None
    nome: ShortText
    tipo: Literal["LABORATORIAL", "IMAGEM", "OUTRO"] = "OUTRO"
    solicitado_em: Timestamp | None = None
    justificativa: LongText | None = None
    observacao: LongText | None = None
    cid10: Cid10 | None = None


class Prescricao(_SignedItem):
    """One prescribed medicine."""

    medicamento: Codigo | None = None
    """Catalogue code: CATMAT, or the site's own code after De/Para."""
    nome: ShortText
    concentracao: ShortText | None = None
    dose: ShortText | None = None
    unidade_dose: ShortText | None = None
    via: Codigo | None = None
    frequencia: ShortText | None = None
    posologia: LongText | None = None
    quantidade: Number | None = None
    uso_continuo: bool = False
    inicio: Date | None = None
    fim: Date | None = None
    prescrito_em: Timestamp | None = None
    suspenso: bool = False
    recomendacao: LongText | None = None


class Evolucao(_SignedItem):
    """A clinical note: SOAP parts where the source has them, else one ``texto``."""

    tipo: Codigo | None = None
    data: Timestamp | None = None
    subjetivo: LongText | None = None
    objetivo: LongText | None = None
    avaliacao: LongText | None = None
    plano: LongText | None = None
    texto: LongText | None = None


class Anamnese(_SignedItem):
    data: Timestamp | None = None
    queixa_principal: LongText | None = None
    texto: LongText | None = None


SINAIS = {
    "PRESSAO_SISTOLICA": "mm[Hg]", "PRESSAO_DIASTOLICA": "mm[Hg]", "PRESSAO_MEDIA": "mm[Hg]",
    "FREQUENCIA_CARDIACA": "/min", "FREQUENCIA_RESPIRATORIA": "/min", "SATURACAO_O2": "%", "TEMPERATURA": "Cel",
    "PESO": "kg", "ALTURA": "cm", "IMC": "kg/m2", "PERIMETRO_CEFALICO": "cm", "CIRCUNFERENCIA_ABDOMINAL": "cm",
    "PERIMETRO_PANTURRILHA": "cm", "GLICEMIA_CAPILAR": "mg/dL", "DOR": "{score}",
}  # fmt: skip
"""Vital sign → its unit (UCUM). Each sign has exactly one unit."""


class SinalVital(_SignedItem):
    sinal: Literal[tuple(SINAIS)]  # type: ignore[valid-type]
    valor: Number
    unidade: Codigo
    data: Timestamp
    qualificador: ShortText | None = None
    """Glycaemia: JEJUM, POS_PRANDIAL, PRE_PRANDIAL or NAO_ESPECIFICADO."""


class MovimentacaoLeito(_Item):
    tipo: Literal["INTERNACAO", "TRANSFERENCIA", "ALTA", "RESERVA"]
    inicio: Timestamp
    fim: Timestamp | None = None
    leito: Codigo | None = None
    leito_anterior: Codigo | None = None
    setor: ShortText | None = None
    uti: bool = False


class Procedimento(_SignedItem):
    procedimento: Codigo
    nome: ShortText | None = None
    quantidade: Number | None = None
    realizado_em: Timestamp | None = None


class Atendimento(_Base):
    """One whole attendance: Fusion deletes an item that a list no longer has."""

    codigo: Codigo
    paciente: Paciente
    tipo: Literal["INTERNACAO", "URGENCIA", "AMBULATORIAL", "EXTERNO", "DOMICILIAR", "ATENCAO_BASICA"]
    situacao: Literal["MARCADO", "AGUARDANDO", "EM_ATENDIMENTO", "FINALIZADO", "NAO_AGUARDOU", "CANCELADO"]
    carater: Literal["ELETIVO", "URGENCIA"] | None = None
    data_inicio: Timestamp
    data_fim: Timestamp | None = None
    data_alta_medica: Timestamp | None = None
    motivo_alta: Codigo | None = None
    queixa_principal: LongText | None = None
    unidade: Unidade | None = None
    equipe: Equipe | None = None
    setor: ShortText | None = None
    leito: Codigo | None = None
    especialidade: ShortText | None = None
    convenio: ShortText | None = None
    profissional: Profissional | None = None
    nega_alergias: bool | None = None
    """True: the patient has no allergies at all, and ``alergias`` is empty. None: nobody asked, or there are allergies."""
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
    atualizado_em: Timestamp | None = None
    """The source's change marker at the time of reading. It is not part of the content hash."""
