"""MV: notes, prescriptions, exam requests, diagnoses and allergies of one attendance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from include.fusion.mapping import dates, documents, numbers, values
from include.fusion.model.atendimento import Alergia, Diagnostico, Evolucao, Prescricao, SolicitacaoExame
from include.fusion.reading.spec import Contexto, Linha
from include.fusion.sistemas.mv.patient import profissional

_TIPO_MAX = 100
_NEGA = "D"
_SEM_SUBSTANCIA = "Substância não informada"
_GRAVIDADES = ("DESCONHECIDA", "LEVE", "MODERADA", "GRAVE")
_TEMPO = {"D": "dia(s)", "H": "hora(s)", "M": "mês(es)"}


def _documentos(linhas: Sequence[Linha], ctx: Contexto) -> Iterator[Evolucao]:
    textos: dict[Any, list[str]] = {}
    for x in linhas:
        if parte := values.nota(x["ds_texto"], "evolucoes.texto", f"documento {x['cd_documento_clinico']}"):
            textos.setdefault(x["cd_documento_clinico"], []).append(parte)
    primeiras = {x["cd_documento_clinico"]: x for x in reversed(linhas)}
    for chave, partes in textos.items():
        x = primeiras[chave]
        momento = next((x[c] for c in ("dh_referencia", "dh_fechamento", "dh_criacao") if x[c] is not None), None)
        yield Evolucao(
            codigo=f"DOC-{chave}",
            tipo=(values.texto(x["nm_documento"]) or "")[:_TIPO_MAX].strip() or None,
            data=dates.data_hora(momento, ctx.fuso, "evolucoes.data"),
            texto="\n\n".join(partes),
            profissional=profissional(x, ctx),
        )


def _de_prescricoes(linhas: Sequence[Linha], ctx: Contexto) -> Iterator[Evolucao]:
    for x in linhas:
        if (texto := values.nota(x["ds_evolucao"], "evolucoes.texto", f"prescrição {x['cd_pre_med']}")) is not None:
            yield Evolucao(
                codigo=f"PRE-{x['cd_pre_med']}",
                tipo=ctx.depara.traduzir("tipo_evolucao", x["tp_pre_med"]),
                data=dates.data_e_hora(x["dt_pre_med"], x["hr_pre_med"], ctx.fuso, "evolucoes.data"),
                texto=texto,
                profissional=profissional(x, ctx),
            )


def evolucoes(documentos: Sequence[Linha], de_prescricoes: Sequence[Linha], ctx: Contexto) -> tuple[Evolucao, ...]:
    """Documents (several editor texts make one note) and the notes written in prescriptions."""
    return (*_documentos(documentos, ctx), *_de_prescricoes(de_prescricoes, ctx))


def _e_exame(x: Linha) -> bool:
    return values.booleano(x["sn_exa_rx"]) or values.booleano(x["sn_exa_lab"])


def _cancelado(x: Linha) -> bool:
    return values.booleano(x["sn_cancelado"]) or x["dh_cancelado"] is not None


def _prescrito_em(x: Linha, ctx: Contexto, campo: str) -> Any:
    return dates.data_e_hora(x["dt_pre_med"], x["hr_pre_med"], ctx.fuso, campo)


def _prescricao(x: Linha, ctx: Contexto) -> Prescricao:
    nome = values.texto(x["ds_produto"]) or values.texto(x["ds_tip_presc"])
    posologia = values.texto_clinico(x["ds_itpre_med"])
    quantidade = numbers.numero(x["qt_itpre_med"], "prescricoes.quantidade")
    return Prescricao(
        codigo=str(x["cd_itpre_med"]),
        medicamento=ctx.depara.traduzir("medicamentos", x["cd_produto"]),
        nome=nome or "Item não identificado",
        dose=numbers.por_escrito(quantidade),
        unidade_dose=values.texto(x["ds_unidade"]),
        via=ctx.depara.traduzir("vias", x["cd_for_apl"], x["ds_for_apl"]),
        frequencia=values.texto(x["ds_tip_fre"]),
        posologia=posologia,
        quantidade=quantidade,
        uso_continuo=values.booleano(x["sn_continuo"]),
        inicio=dates.data(x["dh_inicial"], "prescricoes.inicio"),
        fim=dates.data(x["dh_final"], "prescricoes.fim"),
        prescrito_em=_prescrito_em(x, ctx, "prescricoes.prescritoEm"),
        suspenso=_cancelado(x),
        profissional=profissional(x, ctx),
    )


def prescricoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[Prescricao, ...]:
    """Items that are no exam; a cancelled one stays, as suspended: it may have been given."""
    return tuple(_prescricao(x, ctx) for x in linhas if not _e_exame(x))


def solicitacoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[SolicitacaoExame, ...]:
    """Exams prescribed; a cancelled request is none, and has no field that could say so."""
    return tuple(
        SolicitacaoExame(
            codigo=str(x["cd_itpre_med"]),
            procedimento=values.codigo(x["cd_produto"]),
            nome=values.texto(x["ds_tip_presc"]) or values.texto(x["ds_produto"]) or "Exame não identificado",
            tipo="LABORATORIAL" if values.booleano(x["sn_exa_lab"]) else "IMAGEM",
            solicitado_em=_prescrito_em(x, ctx, "solicitacoesExame.solicitadoEm"),
            observacao=values.texto_clinico(x["ds_itpre_med"]),
            cid10=documents.cid(x["cd_cid"], "solicitacoesExame.cid10"),
            profissional=profissional(x, ctx),
        )
        for x in linhas
        if _e_exame(x) and not _cancelado(x)
    )


def _duracao(x: Linha) -> str | None:
    tempo, unidade = values.codigo(x["qt_tempo_doenca"]), _TEMPO.get((values.texto(x["tp_unidade_tempo_doenca"]) or "").upper())
    return f"Tempo de doença: {tempo} {unidade}" if tempo and unidade else None


def diagnosticos(atendimento: Linha, linhas: Sequence[Linha], ctx: Contexto) -> tuple[Diagnostico, ...]:
    """The attendance's main ICD-10 first, then what was written down as hypothesis or confirmed."""
    itens = []
    if (principal := documents.cid(atendimento["cd_cid"], "diagnosticos.cid10")) is not None:
        itens.append(Diagnostico(codigo="PRINCIPAL", cid10=principal, descricao=values.texto(atendimento["ds_cid"]), tipo="PRINCIPAL"))
    for x in linhas:
        cid10 = documents.cid(x["cd_cid"], "diagnosticos.cid10")
        notas = [n for n in (values.texto_clinico(x["ds_observacao"]), _duracao(x)) if n]
        if cid10 is None and not notas:
            continue
        itens.append(
            Diagnostico(
                codigo=str(x["cd_diagnostico_atendime"]),
                cid10=cid10,
                descricao=values.texto(x["ds_cid"]),
                tipo=ctx.depara.traduzir("tipo_diagnostico", x["tp_situacao"]) or "SECUNDARIO",
                observacao="\n".join(notas) or None,
            )
        )
    return tuple(itens)


def _nega(x: Linha) -> bool:
    return (values.texto(x["tp_alergia"]) or "").upper() == _NEGA


def _substancia(x: Linha) -> str | None:
    return next((t for c in ("ds_substancia", "ds_alimento", "ds_outros") if (t := values.texto(x.get(c)))), None)


def _nega_tudo(x: Linha) -> bool:
    """A denial that names something denies that alone."""
    return _nega(x) and _substancia(x) is None and values.codigo(x["cd_substancia"]) is None


def _em_vigor(x: Linha) -> bool:
    return values.booleano(x["sn_ativo"], True) and values.texto(x.get("cd_usuario_inativacao")) is None


def _alergia(x: Linha, codigo: str, notas: Sequence[str], ctx: Contexto) -> Alergia:
    return Alergia(
        codigo=codigo,
        substancia=_substancia(x) or _SEM_SUBSTANCIA,
        categoria=ctx.depara.traduzir("categoria_alergia", x["tp_alergia"]) or "OUTRA",
        gravidade=ctx.depara.traduzir("gravidade_alergia", x["tp_severidade"]) or "DESCONHECIDA",
        nega=_nega(x),
        reacao="\n".join(notas) or None,
        ativa=_em_vigor(x),
    )


def _nova(x: Linha, ctx: Contexto) -> Alergia:
    return _alergia(x, f"P-{x['cd_problema']}", [t for t in (values.texto_clinico(x["ds_observacao"]),) if t], ctx)


def _antiga(x: Linha, ctx: Contexto) -> Alergia:
    notas = [t for c in ("ds_alergia", "ds_aviso") if (t := values.texto_clinico(x[c]))]
    chave = values.codigo(x["cd_substancia"])
    if chave is None:
        # The old record has no key of its own: then its text stands for one.
        chave = hashlib.blake2s("|".join((str(x["tp_alergia"]), *notas)).encode(), digest_size=8).hexdigest()
    return _alergia(x, f"S-{chave}", notas, ctx)


def _por_codigo(itens: Iterable[Alergia]) -> dict[str, Alergia]:
    """One of each key, whatever the order of the rows: what is in force and worst."""
    escolhidas: dict[str, Alergia] = {}
    for a in sorted(itens, key=lambda a: (a.ativa, not a.nega, _GRAVIDADES.index(a.gravidade), a.reacao or "")):
        escolhidas[a.codigo] = a
    return escolhidas


def alergias(novas: Sequence[Linha], antigas: Sequence[Linha], ctx: Contexto) -> tuple[bool | None, tuple[Alergia, ...]]:
    """(the patient is said to have none at all, list of allergies).

    Both records of allergies in one list: the newer wins where it says the same of the same substance. A denial of all is no item, and an
    allergy in force wins over it.
    """
    itens = _por_codigo(_nova(x, ctx) for x in novas if not _nega_tudo(x))
    ditas = {(a.substancia.casefold(), a.nega) for a in itens.values() if a.substancia != _SEM_SUBSTANCIA}
    for codigo, antiga in _por_codigo(_antiga(x, ctx) for x in antigas if not _nega_tudo(x)).items():
        if (antiga.substancia.casefold(), antiga.nega) not in ditas:
            itens[codigo] = antiga
    negadas = any(_nega_tudo(x) and _em_vigor(x) for x in (*novas, *antigas))
    if negadas and all(a.nega or not a.ativa for a in itens.values()):
        return True, ()
    return None, tuple(sorted(itens.values(), key=lambda a: (a.codigo[0], len(a.codigo), a.codigo)))
