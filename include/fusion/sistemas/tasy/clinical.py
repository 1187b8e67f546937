"""Tasy: notes, prescriptions, requested procedures, diagnoses and allergies of one attendance."""

from __future__ import annotations

from collections.abc import Sequence

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, documents, numbers, values
from include.fusion.model.atendimento import Alergia, Diagnostico, Evolucao, Prescricao, SolicitacaoExame
from include.fusion.reading.spec import Contexto, Linha
from include.fusion.sistemas.tasy.patient import profissional


def evolucoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Evolucao, ...]:
    """Notes as plain text; one without any (a picture alone) has nothing to send."""
    return tuple(
        Evolucao(
            codigo=str(x["cd_evolucao"]),
            tipo=ctx.depara.traduzir("tipo_evolucao", x["ie_evolucao_clinica"], x["ie_tipo_evolucao"]),
            data=dates.data_hora(x["dt_evolucao"], ctx.fuso, "evolucoes.data"),
            texto=texto,
            profissional=profissional(x, ctx),
        )
        for x in linhas
        if (texto := values.nota(x["ds_evolucao"], "evolucoes.texto", f"evolução {x['cd_evolucao']}")) is not None
    )


def _chave(x: Linha) -> str:
    return f"{x['nr_prescricao']}-{x['nr_sequencia']}"


def _prescricao(x: Linha, ctx: Contexto) -> Prescricao:
    quantidade = numbers.numero(x["qt_dose"], "prescricoes.quantidade")
    return Prescricao(
        codigo=_chave(x),
        medicamento=ctx.depara.traduzir("medicamentos", x["cd_material"]),
        nome=values.texto(x["ds_material"]) or values.texto(x["ds_reduzida"]) or "Item não identificado",
        dose=numbers.por_escrito(quantidade),
        unidade_dose=values.texto(x["cd_unidade_medida_dose"]),
        via=ctx.depara.traduzir("vias", x["ie_via_aplicacao"]),
        frequencia=ctx.depara.traduzir("intervalos", x["cd_intervalo"]),
        quantidade=quantidade,
        inicio=dates.data(x["dt_inicio_medic"], "prescricoes.inicio"),
        fim=dates.data(x["dt_validade_prescr"], "prescricoes.fim"),
        prescrito_em=dates.data_hora(x["dt_prescricao"], ctx.fuso, "prescricoes.prescritoEm"),
        suspenso=values.booleano(x["ie_suspenso"]) or x["dt_suspensao"] is not None or x["prescricao_suspensa"] is not None,
        profissional=profissional(x, ctx),
    )


def prescricoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Prescricao, ...]:
    """Medicines; a suspended one stays, as such: it may have been given."""
    return tuple(_prescricao(x, ctx) for x in linhas)


def solicitacoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[SolicitacaoExame, ...]:
    """Procedures that were requested."""
    return tuple(
        SolicitacaoExame(
            codigo=_chave(x),
            procedimento=(procedimento := values.codigo(x["cd_procedimento"])),
            nome=values.texto(x["ds_proc_exame"]) or f"Procedimento {procedimento or 'não identificado'}",
            solicitado_em=dates.data_hora(x["dt_prescricao"], ctx.fuso, "solicitacoesExame.solicitadoEm"),
            profissional=profissional(x, ctx),
        )
        for x in linhas
    )


def diagnosticos(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Diagnostico, ...]:
    """Diagnoses by their own key, which is moment and code."""
    itens = []
    for x in linhas:
        quando = dates.data_hora(x["dt_diagnostico"], ctx.fuso, "diagnosticos.data")
        cid10 = documents.cid(x["cd_doenca"], "diagnosticos.cid10")
        if quando is None or cid10 is None:
            raise RegistroInvalido("diagnosticos.data" if quando is None else "diagnosticos.cid10", "não preenchido na origem")
        itens.append(
            Diagnostico(
                codigo=f"{quando:%Y%m%d%H%M%S}-{values.codigo(x['cd_doenca'])}",
                cid10=cid10,
                descricao=values.texto(x["ds_doenca_cid"]),
                tipo=ctx.depara.traduzir("tipo_diagnostico", x["ie_classificacao_doenca"]) or "SECUNDARIO",
                data=quando,
            )
        )
    return tuple(itens)


def _nega(x: Linha) -> bool:
    return values.booleano(x["ie_nega_alergias"], campo="alergias.nega")


def _remedio(x: Linha) -> str | None:
    return values.texto(x["ds_reduzida"]) or values.texto(x["ds_medic_nao_cad"])


def _nega_tudo(x: Linha) -> bool:
    """A denial that names a drug denies that drug alone."""
    return _nega(x) and _remedio(x) is None


def nega_alergias(linhas: Sequence[Linha]) -> bool | None:
    """``True`` where the patient is said to have none, and nothing says otherwise: a real allergy in force wins."""
    return True if any(map(_nega_tudo, linhas)) and all(map(_nega, linhas)) else None


def alergias(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Alergia, ...]:
    """Real allergies and denials of one drug each; a denial of all is no item (:func:`nega_alergias`)."""
    negadas = nega_alergias(linhas)
    itens = []
    for x in linhas:
        if negadas or _nega_tudo(x):
            continue
        tipo, remedio = values.texto(x["ds_tipo_alergia"]), _remedio(x)
        notas = [t for t in (values.texto(x["ds_reacao"]), values.texto_clinico(x["ds_observacao"])) if t]
        itens.append(
            Alergia(
                codigo=str(x["nr_sequencia"]),
                substancia=remedio or tipo or "Substância não informada",
                nega=_nega(x),
                categoria="MEDICAMENTO" if remedio else ctx.depara.traduzir("categoria_alergia", tipo) or "OUTRA",
                reacao="\n".join(notas) or None,
            )
        )
    return tuple(itens)
