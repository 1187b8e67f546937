"""Consulfarma (SQL Server): rows of the contract in ``include/contracts/consulfarma`` → canonical attendance.

Three origins see change: the attendance, its patient with allergies and vaccines (every attendance carries them), its clinical items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from include.fusion.errors import InvalidRecord
from include.fusion.mapping.dates import date_time, to_date
from include.fusion.mapping.documents import cid, cns, cpf
from include.fusion.mapping.numbers import number_if_any, to_number
from include.fusion.mapping.sections import memoised, only_row, rows
from include.fusion.mapping.values import boolean, clinical_text, digits, to_code, to_text
from include.fusion.model.atendimento import Atendimento, Profissional
from include.fusion.reading.spec import Detail, MappingContext, Origin, Row, SystemSpec

_CARATER = {"E": "ELETIVO", "U": "URGENCIA"}
_CONTACTS = {"contato_celular": "CELULAR", "contato_residencial": "RESIDENCIAL", "contato_contato": "CONTATO", "contato_email": "EMAIL"}


def _filled(**fields: Any) -> dict[str, Any]:
    """Only the fields that have a value. The model sets the defaults and reports required fields that are absent."""
    return {name: value for name, value in fields.items() if value is not None}


def _texts(row: Row, *names: str, prefix: str = "") -> dict[str, str | None]:
    """Fields whose columns have their names (after ``prefix``) and hold one-line texts."""
    return {name: to_text(row[prefix + name]) for name in names}


def _moments(row: Row, section: str, ctx: MappingContext, *names: str) -> dict[str, Any]:
    """Likewise with moments. ``section`` goes before the field in the reason of ``InvalidRecord``."""
    return {name: date_time(row[name], ctx.zone, section + name) for name in names}


@memoised([f"profissional_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "numero_conselho", "uf_conselho")])
def _profissional(row: Row, ctx: MappingContext) -> Profissional | dict[str, Any] | None:
    fields = _filled(
        codigo=to_code(row["profissional_codigo"]),
        **_texts(row, "nome", "cbo", "conselho", "numero_conselho", "uf_conselho", prefix="profissional_"),
        cpf=cpf(row["profissional_cpf"], ctx),
        cns=cns(row["profissional_cns"], ctx),
    )
    try:
        return Profissional(**fields) if fields else None
    except ValidationError:
        return fields  # The validation of the whole record reports the field.


def _paciente(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["paciente_codigo"]),
        **_texts(row, "nome", "nome_social", "nome_mae", "nome_pai", prefix="paciente_"),
        data_nascimento=to_date(row["paciente_data_nascimento"], "paciente.data_nascimento"),
        data_obito=to_date(row["paciente_data_obito"], "paciente.data_obito"),
        sexo=ctx.depara.translate("sexo", row["paciente_sexo"]),
        raca_cor=ctx.depara.translate("raca_cor", row["paciente_raca_cor"]),
        cpf=cpf(row["paciente_cpf"], ctx),
        cns=cns(row["paciente_cns"], ctx),
        endereco=_filled(
            **_texts(row, "logradouro", "numero", "complemento", "bairro", "municipio", "uf", prefix="endereco_"),
            cep=digits(row["endereco_cep"], 8),
            codigo_ibge=digits(row["endereco_codigo_ibge"]),
        )
        or None,
        contatos=[{"tipo": kind, "valor": value} for column, kind in _CONTACTS.items() if (value := to_text(row[column]))],
        ativo=boolean(row["paciente_ativo"], True),
        unificado_em=to_code(row["paciente_unificado_em"]),
    )


def _alergia(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        substancia=to_text(row["substancia"]),
        categoria=ctx.depara.translate("categoria_alergia", row["categoria"]),
        gravidade=ctx.depara.translate("gravidade_alergia", row["gravidade"]),
        nega=boolean(row["nega"]),
        reacao=clinical_text(row["reacao"]),
        data_inicio=to_date(row["data_inicio"], "alergias.data_inicio"),
        ativa=boolean(row["ativa"], True),
    )


def _vacina(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        imunobiologico=ctx.depara.translate("vacinas", row["imunobiologico"]),
        **_texts(row, "nome", "lote", "fabricante"),
        dose=to_code(row["dose"]),
        estrategia=to_code(row["estrategia"]),
        via=ctx.depara.translate("vias", row["via"]),
        local_aplicacao=to_code(row["local_aplicacao"]),
        validade_lote=to_date(row["validade_lote"], "vacinas.validade_lote"),
        data_aplicacao=date_time(row["aplicada_em"], ctx.zone, "vacinas.data_aplicacao"),
        aprazamento=to_date(row["aprazamento"], "vacinas.aprazamento"),
        registro_anterior=boolean(row["registro_anterior"]),
        observacao=clinical_text(row["observacao"]),
        profissional=_profissional(row, ctx),
    )


def _cirurgia(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        procedimento=to_code(row["procedimento"]),
        **_texts(row, "descricao", "lateralidade", "sala"),
        situacao=ctx.depara.translate("situacao_cirurgia", row["situacao"]),
        **_moments(row, "cirurgias.", ctx, "inicio", "fim"),
        principal=boolean(row["principal"], True),
        observacao=clinical_text(row["observacao"]),
        profissional=_profissional(row, ctx),
    )


def _diagnostico(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        cid10=cid(row["cid10"], "diagnosticos.cid10"),
        descricao=to_text(row["descricao"]),
        tipo=ctx.depara.translate("tipo_diagnostico", row["tipo"]),
        data=date_time(row["registrado_em"], ctx.zone, "diagnosticos.data"),
        observacao=clinical_text(row["observacao"]),
        profissional=_profissional(row, ctx),
    )


def _result(row: Row) -> dict[str, Any]:
    value = to_number(row["valor_numerico"], "exames.resultados.valor_numerico")
    return _filled(
        **_texts(row, "nome", "unidade", "referencia"),
        valor=clinical_text(row["valor"]),
        valor_numerico=number_if_any(row["valor"]) if value is None else value,
    )


def _exame(row: Row, results: Sequence[Row], ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        procedimento=to_code(row["procedimento"]),
        nome=to_text(row["nome"]),
        **_moments(row, "exames.", ctx, "solicitado_em", "realizado_em", "resultado_em"),
        laudo=clinical_text(row["laudo"]),
        resultados=[_result(r) for r in results],
        profissional=_profissional(row, ctx),
    )


def _prescricao(row: Row, ctx: MappingContext) -> dict[str, Any]:
    return _filled(
        codigo=to_code(row["codigo"]),
        medicamento=to_code(row["medicamento"]),
        **_texts(row, "nome", "concentracao", "dose", "unidade_dose", "frequencia"),
        via=ctx.depara.translate("vias", row["via"]),
        posologia=clinical_text(row["posologia"]),
        quantidade=to_number(row["quantidade"], "prescricoes.quantidade"),
        uso_continuo=boolean(row["uso_continuo"]),
        inicio=to_date(row["inicio"], "prescricoes.inicio"),
        fim=to_date(row["fim"], "prescricoes.fim"),
        prescrito_em=date_time(row["prescrito_em"], ctx.zone, "prescricoes.prescrito_em"),
        suspenso=boolean(row["suspenso"]),
        recomendacao=clinical_text(row["recomendacao"]),
        profissional=_profissional(row, ctx),
    )


def _carater(value: Any) -> str | None:
    abbreviation = to_text(value)
    if abbreviation is not None and abbreviation.upper() not in _CARATER:
        raise InvalidRecord("carater", "valor fora da lista aceita")
    return abbreviation and _CARATER[abbreviation.upper()]


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Atendimento:
    """One attendance with its detail rows → canonical attendance. Raises ``InvalidRecord`` or ``pydantic.ValidationError``."""
    a = only_row(data, "atendimento")
    results: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows(data, "exames_resultados"):
        results[to_code(row["exame"])].append(row)
    return Atendimento.model_validate(
        _filled(
            codigo=to_code(a["chave"]),
            paciente=_paciente(a, ctx),
            tipo=ctx.depara.translate("tipo_atendimento", a["tipo"]),
            situacao=ctx.depara.translate("situacao_atendimento", a["situacao"]),
            carater=_carater(a["carater"]),
            **_moments(a, "", ctx, "data_inicio", "data_fim", "data_alta_medica", "atualizado_em"),
            motivo_alta=to_code(a["motivo_alta"]),
            queixa_principal=clinical_text(a["queixa_principal"]),
            unidade=_filled(codigo=to_code(a["unidade_codigo"]), cnes=digits(a["unidade_cnes"], 7), nome=to_text(a["unidade_nome"]))
            or None,
            **_texts(a, "setor", "especialidade", "convenio"),
            leito=to_code(a["leito"]),
            profissional=_profissional(a, ctx),
            alergias=[_alergia(x, ctx) for x in rows(data, "alergias")],
            vacinas=[_vacina(x, ctx) for x in rows(data, "vacinas")],
            cirurgias=[_cirurgia(x, ctx) for x in rows(data, "cirurgias")],
            diagnosticos=[_diagnostico(x, ctx) for x in rows(data, "diagnosticos")],
            exames=[_exame(x, results[to_code(x["codigo"])], ctx) for x in rows(data, "exames")],
            prescricoes=[_prescricao(x, ctx) for x in rows(data, "prescricoes")],
        )
    )


_DETAILS = ("atendimento", "alergias", "vacinas", "cirurgias", "diagnosticos", "exames", "exames_resultados", "prescricoes")
SYSTEM = SystemSpec(
    nome="consulfarma",
    origins=(Origin("atendimento"), Origin("paciente"), Origin("clinico")),
    details=tuple(map(Detail, _DETAILS)),
    map_record=map_record,
    key_type=int,
)
