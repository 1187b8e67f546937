"""Sotech: diagnoses, notes, vital signs, prescriptions, exams and bed movements of one attendance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, numbers, sections, values, vital_signs
from include.fusion.model.atendimento import (
    SINAIS,
    Anamnese,
    Diagnostico,
    Evolucao,
    Exame,
    MovimentacaoLeito,
    Prescricao,
    Profissional,
    ResultadoExame,
    SinalVital,
)
from include.fusion.reading.spec import Contexto, Linha

_COLUNAS_SINAIS = (
    "pressao_sistolica", "pressao_diastolica", "pressao_media", "frequencia_cardiaca", "frequencia_respiratoria", "saturacao_o2",
    "temperatura", "peso", "altura", "imc", "perimetro_cefalico", "circunferencia_abdominal", "perimetro_panturrilha", "glicemia_capilar", "dor",
)  # fmt: skip
UTI = "UTI"
"""Word of the catalogue ``postos`` for an intensive care unit."""


@sections.memorizado(
    ("profissional_codigo", "profissional_nome"),
    opcionais=[f"profissional_{c}" for c in ("cpf", "cns", "cbo", "conselho", "numero_conselho", "uf_conselho")],
)
def profissional(x: Linha, ctx: Contexto) -> Profissional | None:
    """Who attended or signed. The product's public columns are key and name; the others come where a site's SQL gives them."""
    return sections.se_houver(
        Profissional,
        codigo=values.codigo(x["profissional_codigo"]),
        nome=values.texto(x["profissional_nome"]),
        cpf=documents.cpf(x["profissional_cpf"], ctx),
        cns=documents.cns(x["profissional_cns"], ctx),
        cbo=documents.cbo(x["profissional_cbo"]),
        conselho=values.texto(x["profissional_conselho"]),
        numero_conselho=values.texto(x["profissional_numero_conselho"]),
        uf_conselho=documents.uf(x["profissional_uf_conselho"]),
    )


def _do_atendimento(a: Linha, inicio: datetime, ctx: Contexto) -> Iterator[Diagnostico]:
    for nome, tipo in (("principal", "PRINCIPAL"), ("secundario", "SECUNDARIO")):
        if (codigo := documents.cid(a[f"cid_{nome}"], "diagnosticos.cid10")) is not None:
            descricao = values.texto(a[f"cid_{nome}_nome"])
            yield Diagnostico(codigo=nome, cid10=codigo, descricao=descricao, tipo=tipo, data=inicio, profissional=profissional(a, ctx))


def diagnosticos(a: Linha, linhas: Sequence[Linha], inicio: datetime, ctx: Contexto) -> tuple[Diagnostico, ...]:
    """The two of the attendance itself, then those that were recorded one by one."""
    return (
        *_do_atendimento(a, inicio, ctx),
        *(
            Diagnostico(
                codigo=str(x["codigo"]),
                cid10=documents.cid(x["cid10"], "diagnosticos.cid10"),
                descricao=values.texto(x["descricao"]),
                tipo=ctx.depara.traduzir("tipo_diagnostico", x["tipo"]) or "SECUNDARIO",
                data=dates.data_hora(x["data"], ctx.fuso, "diagnosticos.data"),
                observacao=values.texto_clinico(x["observacao"]),
                profissional=profissional(x, ctx),
            )
            for x in linhas
        ),
    )


def anamneses(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Anamnese, ...]:
    """``pep.ate_subjetivo``: an empty one says nothing."""
    return tuple(
        Anamnese(
            codigo=str(x["codigo"]),
            data=dates.data_hora(x["data"], ctx.fuso, "anamneses.data"),
            queixa_principal=queixa,
            texto=texto,
            profissional=profissional(x, ctx),
        )
        for x in linhas
        for onde in [f"anamnese {x['codigo']}"]
        for queixa, texto in [
            (values.nota(x["queixa_principal"], "anamneses.queixaPrincipal", onde), values.nota(x["texto"], "anamneses.texto", onde))
        ]
        if queixa or texto
    )


def evolucoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Evolucao, ...]:
    """Notes that have a text."""
    return tuple(
        Evolucao(
            codigo=str(x["codigo"]),
            tipo=ctx.depara.traduzir("tipo_evolucao", x["tipo"]),
            data=dates.data_hora(x["data"], ctx.fuso, "evolucoes.data"),
            texto=texto,
            profissional=profissional(x, ctx),
        )
        for x in linhas
        if (texto := values.nota(x["texto"], "evolucoes.texto", f"evolução {x['codigo']}")) is not None
    )


def sinais(linhas: Sequence[Linha], ctx: Contexto) -> tuple[SinalVital, ...]:
    """One sign per column that was filled in."""
    itens = []
    for x in linhas:
        codigo, data = str(x["codigo"]), dates.data_hora(x["data"], ctx.fuso, "sinaisVitais.data")
        if data is None:
            raise RegistroInvalido("sinaisVitais.data", f"não preenchido na origem (aferição {codigo})")
        autor = profissional(x, ctx)
        for coluna in _COLUNAS_SINAIS:
            nome = coluna.upper()
            if (valor := vital_signs.medida(nome, x.get(coluna), f"aferição {codigo}")) is not None:
                itens.append(
                    SinalVital(
                        codigo=f"{codigo}-{nome}",
                        sinal=nome,
                        valor=valor,
                        unidade=SINAIS[nome],
                        data=data,
                        profissional=autor,
                    )
                )
    return tuple(itens)


def prescricoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Prescricao, ...]:
    """One per medicine; a suspended one stays: it may have been given."""
    return tuple(
        Prescricao(
            codigo=str(x["codigo"]),
            medicamento=ctx.depara.traduzir("medicamentos", x["medicamento"]),
            nome=values.texto(x["nome"]) or "Item não identificado",
            concentracao=values.texto(x["concentracao"]),
            dose=values.texto(x["dose"]),
            unidade_dose=values.texto(x["unidade_dose"]),
            via=ctx.depara.traduzir("vias", x["via"]),
            frequencia=values.texto(x["frequencia"]),
            posologia=values.texto_clinico(x["posologia"]),
            quantidade=numbers.numero(x["quantidade"], "prescricoes.quantidade"),
            inicio=dates.data(x["inicio"], "prescricoes.inicio"),
            fim=dates.data(x["fim"], "prescricoes.fim"),
            prescrito_em=dates.data_hora(x["prescrito_em"], ctx.fuso, "prescricoes.prescritoEm"),
            suspenso=values.booleano(x["suspenso"]),
            profissional=profissional(x, ctx),
        )
        for x in linhas
    )


def _resultado(x: Linha) -> ResultadoExame:
    valor = values.texto_clinico(x["valor"])
    return ResultadoExame(
        nome=values.texto(x["nome"]) or "Resultado",
        valor=valor,
        valor_numerico=numbers.numero_se_houver(valor),
        unidade=values.texto(x["unidade"]),
        referencia=values.texto(x["referencia"]),
    )


def exames(linhas: Sequence[Linha], resultados: Sequence[Linha], ctx: Contexto) -> tuple[Exame, ...]:
    """Ambulatory exams with their results."""
    por_exame: defaultdict[Any, list[ResultadoExame]] = defaultdict(list)
    for r in resultados:
        por_exame[r["exame"]].append(_resultado(r))
    return tuple(
        Exame(
            codigo=str(x["codigo"]),
            procedimento=values.codigo(x["procedimento"]),
            nome=values.texto(x["nome"]) or "Exame não identificado",
            solicitado_em=dates.data_hora(x["solicitado_em"], ctx.fuso, "exames.solicitadoEm"),
            realizado_em=dates.data_hora(x["realizado_em"], ctx.fuso, "exames.realizadoEm"),
            resultado_em=dates.data_hora(x["resultado_em"], ctx.fuso, "exames.resultadoEm"),
            laudo=values.nota(x["laudo"], "exames.laudo", f"exame {x['codigo']}"),
            resultados=tuple(por_exame[x["codigo"]]),
            profissional=profissional(x, ctx),
        )
        for x in linhas
    )


def movimentacoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time; which posts are intensive care only the site knows (De/Para ``postos``)."""
    itens = []
    for x in linhas:
        inicio = dates.data_hora(x["inicio"], ctx.fuso, "movimentacoesLeito.inicio")
        if inicio is None:
            raise RegistroInvalido("movimentacoesLeito.inicio", f"não preenchido na origem (movimentação {x['codigo']})")
        itens.append(
            MovimentacaoLeito(
                codigo=str(x["codigo"]),
                # Without a kind of its own, a stay that comes from no bed is an admission.
                tipo=ctx.depara.traduzir("tipo_movimentacao", x["tipo"]) or ("TRANSFERENCIA" if x["leito_anterior"] else "INTERNACAO"),
                inicio=inicio,
                fim=dates.data_hora(x["fim"], ctx.fuso, "movimentacoesLeito.fim"),
                leito=ctx.depara.traduzir("leitos", x["leito"]),
                leito_anterior=ctx.depara.traduzir("leitos", x["leito_anterior"]),
                setor=values.texto(x["posto_nome"]),
                uti=ctx.depara.traduzir("postos", x["posto_codigo"], x["posto_nome"]) == UTI,
            )
        )
    return tuple(itens)
