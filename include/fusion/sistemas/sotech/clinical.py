"""Sotech: diagnoses, notes, vital signs, prescriptions, exams and bed movements of one attendance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from include.fusion.mapping import dates, documents, numbers, sections, values, vital_signs
from include.fusion.model import atendimento as model
from include.fusion.reading.spec import MappingContext, Row

_SINAIS_COLUMNS = (
    "pressao_sistolica", "pressao_diastolica", "pressao_media", "frequencia_cardiaca", "frequencia_respiratoria", "saturacao_o2",
    "temperatura", "peso", "altura", "imc", "perimetro_cefalico", "circunferencia_abdominal", "perimetro_panturrilha", "glicemia_capilar", "dor",
)  # fmt: skip
UTI = "UTI"
"""Word of De/Para ``postos`` for an ICU."""


@sections.memoised(
    ("profissional_codigo", "profissional_nome"),
    optional=[f"profissional_{c}" for c in ("cpf", "cns", "cbo", "conselho", "numero_conselho", "uf_conselho")],
)
def profissional(x: Row, ctx: MappingContext) -> model.Profissional | None:
    """Who attended or signed. The vendor documents key and name; a site's own SQL may give the other columns."""
    return sections.if_any(
        model.Profissional,
        codigo=values.to_code(x["profissional_codigo"]),
        nome=values.to_text(x["profissional_nome"]),
        cpf=documents.cpf(x["profissional_cpf"], ctx),
        cns=documents.cns(x["profissional_cns"], ctx),
        cbo=documents.cbo(x["profissional_cbo"]),
        conselho=values.to_text(x["profissional_conselho"]),
        numero_conselho=values.to_text(x["profissional_numero_conselho"]),
        uf_conselho=documents.uf(x["profissional_uf_conselho"]),
    )


def _of_atendimento(a: Row, start: datetime, ctx: MappingContext) -> Iterator[model.Diagnostico]:
    for name, kind in (("principal", "PRINCIPAL"), ("secundario", "SECUNDARIO")):
        if (code := documents.cid(a[f"cid_{name}"], "diagnosticos.cid10")) is not None:
            description = values.to_text(a[f"cid_{name}_nome"])
            yield model.Diagnostico(
                codigo=name, cid10=code, descricao=description, tipo=kind, data=start, profissional=profissional(a, ctx)
            )


def diagnosticos(a: Row, rows: Sequence[Row], start: datetime, ctx: MappingContext) -> tuple[model.Diagnostico, ...]:
    """The two diagnoses of the attendance's own row, then the rows of ``pep.ate_diagnostico``."""
    return (
        *_of_atendimento(a, start, ctx),
        *(
            model.Diagnostico(
                codigo=str(x["codigo"]),
                cid10=documents.cid(x["cid10"], "diagnosticos.cid10"),
                descricao=values.to_text(x["descricao"]),
                tipo=ctx.depara.translate("tipo_diagnostico", x["tipo"]) or "SECUNDARIO",
                data=dates.date_time(x["data"], ctx.zone, "diagnosticos.data"),
                observacao=values.clinical_text(x["observacao"]),
                profissional=profissional(x, ctx),
            )
            for x in rows
        ),
    )


def anamneses(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Anamnese, ...]:
    """Rows of ``pep.ate_subjetivo`` that have a text."""
    items = []
    for x in rows:
        where = f"anamnese {x['codigo']}"
        complaint = values.to_note(x["queixa_principal"], "anamneses.queixaPrincipal", where)
        text = values.to_note(x["texto"], "anamneses.texto", where)
        if complaint or text:
            data, author = dates.date_time(x["data"], ctx.zone, "anamneses.data"), profissional(x, ctx)
            items.append(model.Anamnese(codigo=str(x["codigo"]), data=data, queixa_principal=complaint, texto=text, profissional=author))
    return tuple(items)


def evolucoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Evolucao, ...]:
    """Notes that have a text."""
    return tuple(
        model.Evolucao(
            codigo=str(x["codigo"]),
            tipo=ctx.depara.translate("tipo_evolucao", x["tipo"]),
            data=dates.date_time(x["data"], ctx.zone, "evolucoes.data"),
            texto=text,
            profissional=profissional(x, ctx),
        )
        for x in rows
        if (text := values.to_note(x["texto"], "evolucoes.texto", f"evolução {x['codigo']}")) is not None
    )


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.SinalVital, ...]:
    """One sign for each column that has a value."""
    items = []
    for x in rows:
        code, field = str(x["codigo"]), "sinaisVitais.data"
        data = values.required(dates.date_time(x["data"], ctx.zone, field), field, f"{values.MISSING} (aferição {code})")
        author = profissional(x, ctx)
        for column in _SINAIS_COLUMNS:
            name = column.upper()
            if (value := vital_signs.measure(name, x.get(column), f"aferição {code}")) is not None:
                items.append(
                    model.SinalVital(
                        codigo=f"{code}-{name}", sinal=name, valor=value, unidade=model.SINAIS[name], data=data, profissional=author
                    )
                )
    return tuple(items)


def prescricoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.Prescricao, ...]:
    """One per medicine. A suspended one stays, because it may have been given."""
    return tuple(
        model.Prescricao(
            codigo=str(x["codigo"]),
            medicamento=ctx.depara.translate("medicamentos", x["medicamento"]),
            nome=values.to_text(x["nome"]) or "Item não identificado",
            concentracao=values.to_text(x["concentracao"]),
            dose=values.to_text(x["dose"]),
            unidade_dose=values.to_text(x["unidade_dose"]),
            via=ctx.depara.translate("vias", x["via"]),
            frequencia=values.to_text(x["frequencia"]),
            posologia=values.clinical_text(x["posologia"]),
            quantidade=numbers.to_number(x["quantidade"], "prescricoes.quantidade"),
            inicio=dates.to_date(x["inicio"], "prescricoes.inicio"),
            fim=dates.to_date(x["fim"], "prescricoes.fim"),
            prescrito_em=dates.date_time(x["prescrito_em"], ctx.zone, "prescricoes.prescritoEm"),
            suspenso=values.boolean(x["suspenso"]),
            profissional=profissional(x, ctx),
        )
        for x in rows
    )


def _result(x: Row) -> model.ResultadoExame:
    value = values.clinical_text(x["valor"])
    return model.ResultadoExame(
        nome=values.to_text(x["nome"]) or "Resultado",
        valor=value,
        valor_numerico=numbers.number_if_any(value),
        unidade=values.to_text(x["unidade"]),
        referencia=values.to_text(x["referencia"]),
    )


def exames(rows: Sequence[Row], results: Sequence[Row], ctx: MappingContext) -> tuple[model.Exame, ...]:
    """Ambulatory exams with their results."""
    by_exame: defaultdict[Any, list[model.ResultadoExame]] = defaultdict(list)
    for r in results:
        by_exame[r["exame"]].append(_result(r))
    return tuple(
        model.Exame(
            codigo=str(x["codigo"]),
            procedimento=values.to_code(x["procedimento"]),
            nome=values.to_text(x["nome"]) or "Exame não identificado",
            solicitado_em=dates.date_time(x["solicitado_em"], ctx.zone, "exames.solicitadoEm"),
            realizado_em=dates.date_time(x["realizado_em"], ctx.zone, "exames.realizadoEm"),
            resultado_em=dates.date_time(x["resultado_em"], ctx.zone, "exames.resultadoEm"),
            laudo=values.to_note(x["laudo"], "exames.laudo", f"exame {x['codigo']}"),
            resultados=tuple(by_exame[x["codigo"]]),
            profissional=profissional(x, ctx),
        )
        for x in rows
    )


def movimentacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[model.MovimentacaoLeito, ...]:
    """Stays in order of time. Only the site knows which posts are an ICU (De/Para ``postos``)."""
    items = []
    for x in rows:
        start = dates.date_time(x["inicio"], ctx.zone, "movimentacoesLeito.inicio")
        start = values.required(start, "movimentacoesLeito.inicio", f"{values.MISSING} (movimentação {x['codigo']})")
        items.append(
            model.MovimentacaoLeito(
                codigo=str(x["codigo"]),
                # Without a kind, a stay that has no bed before it is an admission.
                tipo=ctx.depara.translate("tipo_movimentacao", x["tipo"]) or ("TRANSFERENCIA" if x["leito_anterior"] else "INTERNACAO"),
                inicio=start,
                fim=dates.date_time(x["fim"], ctx.zone, "movimentacoesLeito.fim"),
                leito=ctx.depara.translate("leitos", x["leito"]),
                leito_anterior=ctx.depara.translate("leitos", x["leito_anterior"]),
                setor=values.to_text(x["posto_nome"]),
                uti=ctx.depara.translate("postos", x["posto_codigo"], x["posto_nome"]) == UTI,
            )
        )
    return tuple(items)
