"""TrackCare: what hangs below an episode, row by row → HL7 values. A row that cannot be read is refused alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from include.fusion.errors import RegistroInvalido
from include.fusion.hl7.build import values as hl7_values
from include.fusion.hl7.build.oru import codigo_do_sinal
from include.fusion.mapping import documents, numbers, values, vital_signs
from include.fusion.model.atendimento import SINAIS
from include.fusion.reading.spec import Linha
from include.fusion.sistemas.trackcare.context import NAO_ENVIAR, Coleta, ContextoTrackCare, chave, dia, momento, profissional

_T = TypeVar("_T")
_FATORES = {("kg", "g"): 0.001, ("cm", "m"): 100.0}
"""(unit of the sign, unit it was taken in) → factor; any other difference is refused."""
_CONTROLES = {"ATIVO": ("NW", "IP"), "EXECUTADO": ("NW", "CM"), "DESCONTINUADO": ("DC", "DC"), "CANCELADO": ("CA", "CA")}
"""Word of De/Para ``situacao_pedido`` → ORC-1, ORC-5."""
SEM_COMPARECER = "NAO_COMPARECEU"


def cada(linhas: Iterable[Linha], coluna: str, coleta: Coleta, fazer: Callable[[Linha], _T | None]) -> list[_T]:
    """``fazer`` of every row; the refused ones into ``coleta`` with their key, ``None`` left out."""
    feitos = []
    for x in linhas:
        try:
            feito = fazer(x)
        except RegistroInvalido as erro:
            coleta.recusar(f"{coluna} {chave(x[coluna])}", erro)
        else:
            if feito is not None:
                feitos.append(feito)
    return feitos


def obrigatorio(valor: datetime | None, campo: str) -> datetime:
    if valor is None:
        raise RegistroInvalido(campo, "não preenchida na origem")
    return valor


def diagnostico(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Diagnostico | None:
    """One entered in error or ruled out comes with action D, or not at all where it could never have been sent."""
    afastado = ctx.depara.traduzir("situacao_diagnostico", x["mrdia_diagstat_dr"]) == NAO_ENVIAR
    if not afastado and ctx.depara.traduzir("situacao_registro", x["mrdia_entrystatus"]) != "ERRO":
        return _diagnostico(x, ctx)
    try:
        return replace(_diagnostico(x, ctx), acao="D")
    except RegistroInvalido:
        return None


def _diagnostico(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Diagnostico:
    codigo = documents.cid(x["mrcid_code"], "diagnosticos.cid10")
    texto = values.texto(x["mrdia_desc"]) or values.texto(x["mrcid_desc"])
    if codigo is None and texto is None:
        raise RegistroInvalido("diagnosticos.cid10", "não preenchido na origem")
    return hl7_values.Diagnostico(
        codigo=chave(x["mrdia_rowid"]),
        diagnostico=hl7_values.Codigo(codigo, texto, "I10"),
        tipo=ctx.depara.traduzir("tipo_diagnostico", x["mrdia_diagnosistype_dr"]) or "W",
        quando=momento(x["mrdia_date"], x["mrdia_time"], ctx.fuso, "diagnosticos.data"),
        principal=values.booleano(x["mrdia_principle"]),
        profissional=profissional(x),
    )


def procedimento(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Procedimento:
    codigo, texto = values.codigo(x["oper_code"]), values.texto(x["oper_desc"])
    if codigo is None and texto is None:
        raise RegistroInvalido("procedimentos.procedimento", "não preenchido na origem")
    quando = momento(x["proc_procdate"], x["proc_timestart"], ctx.fuso, "procedimentos.data")
    return hl7_values.Procedimento(
        chave(x["proc_rowid"]),
        hl7_values.Codigo(codigo, texto),
        obrigatorio(quando, "procedimentos.data"),
        "P",
        profissional=profissional(x),
    )


def nota(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Nota | None:
    """``None`` for a type that does not travel. One entered in error, emptied or a draft (again) comes withdrawn, without a text."""
    tipo = ctx.depara.traduzir("tipos_nota", x["not_clinnotestype_dr"]) or NAO_ENVIAR
    if tipo == NAO_ENVIAR:
        return None
    texto = values.texto_clinico(x["not_notes"])
    completa = ctx.depara.traduzir("situacao_nota", x["not_status_dr"]) or "AU"
    if texto is None or completa == NAO_ENVIAR or values.codigo(x["not_errorreason_dr"]) is not None:
        return hl7_values.Nota(chave(x["not_rowid"]), tipo, "", autor=profissional(x), cancelada=True)
    quando = momento(x["not_date"] if x["not_date"] is not None else x["not_createdate"], x["not_time"], ctx.fuso, "notas.data")
    return hl7_values.Nota(chave(x["not_rowid"]), tipo, texto, obrigatorio(quando, "notas.data"), autor=profissional(x), completa=completa)


def medicamento(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Medicamento | None:
    """``None`` for what is no medicine."""
    if ctx.depara.traduzir("categorias_item", x["arcic_code"]) != "MEDICAMENTO":
        return None
    situacao = ctx.depara.traduzir("situacao_pedido", x["ostat_code"]) or "ATIVO"
    if situacao not in _CONTROLES:
        raise RegistroInvalido("prescricoes.situacao", f"o De/Para de {values.codigo(x['ostat_code'])} não é uma situação conhecida")
    remedio = hl7_values.Codigo(values.codigo(x["arcim_code"]), values.texto(x["arcim_desc"]))
    if remedio.codigo is None and remedio.descricao is None:
        raise RegistroInvalido("prescricoes.medicamento", "não preenchido na origem")
    dose = numbers.numero(x["oeori_doseqty"], "prescricoes.dose")
    unidade = hl7_values.Codigo(values.codigo(x["ctuom_code"]), values.texto(x["ctuom_desc"]))
    controle, estado = _CONTROLES[situacao]
    if controle != "CA" and (dose is None or (unidade.codigo is None and unidade.descricao is None)):
        # RXE-3 and RXE-5 are required: a dose must not be invented. A cancelled order needs none, and must not stay alive for want of it.
        raise RegistroInvalido("prescricoes.dose", "dose ou unidade não preenchida na origem")
    frequencia = ctx.depara.traduzir("frequencias", x["oeori_phfreq_dr"])
    return hl7_values.Medicamento(
        codigo=chave(x["oeori_rowid"]),
        medicamento=remedio,
        dose=dose,
        unidade=unidade,
        via=hl7_values.Codigo(ctx.depara.traduzir("vias", x["oeori_route_dr"]) or "OTH"),
        controle=controle,
        situacao=estado,
        frequencia=hl7_values.Codigo(None, frequencia) if frequencia else None,
        inicio=momento(x["oeori_sttdat"], x["oeori_stttim"], ctx.fuso, "prescricoes.inicio"),
        # A day, which counts: its midnight would end the treatment a day early.
        fim=dia(x["oeori_enddate"], "prescricoes.fim"),
        quantidade=numbers.numero(x["oeori_phqtyord"], "prescricoes.quantidade"),
        pedido_em=momento(x["oeori_date"], x["oeori_timeord"], ctx.fuso, "prescricoes.data"),
        prescritor=profissional(x),
    )


def cirurgia(x: Linha, ctx: ContextoTrackCare) -> hl7_values.CirurgiaHl7:
    """``situacao`` is a code of table 0278, or :data:`SEM_COMPARECER`."""
    codigo, texto = values.codigo(x["oper_code"]), values.texto(x["oper_desc"]) or values.texto(x["rbop_procedure"])
    if codigo is None and texto is None:
        raise RegistroInvalido("cirurgias.procedimento", "não preenchido na origem")
    inicio = momento(x["rbop_dateoper"], x["rbop_timeoper"], ctx.fuso, "cirurgias.inicio")
    sala = ctx.depara.traduzir("salas", x["rbop_resource_dr"])
    return hl7_values.CirurgiaHl7(
        codigo=chave(x["rbop_rowid"]),
        procedimento=hl7_values.Codigo(codigo, texto),
        inicio=obrigatorio(inicio, "cirurgias.inicio"),
        situacao=ctx.depara.traduzir("situacao_cirurgia", x["rbop_status"]) or "Booked",
        sala=hl7_values.Local(None, sala) if sala else None,
        cirurgiao=profissional(x),
    )


def observacao(x: Linha, ctx: ContextoTrackCare) -> hl7_values.Observacao | None:
    """``None`` for what is no vital sign. One entered in error, or whose value was emptied, comes with status D and without a value."""
    palavra = _sinal(x, ctx)
    quando = momento(x["obs_date"], x["obs_time"], ctx.fuso, "sinaisVitais.data")
    if palavra == NAO_ENVIAR or quando is None:
        return None
    valor = None
    if values.codigo(x["obs_errorreason_dr"]) is None and values.texto(x["obs_value"]) is not None:
        valor = vital_signs.medida(palavra, x["obs_value"], chave(x["obs_rowid"]), _fator(palavra, x, ctx))
    numero = chave(x["obs_rowid"]).rpartition("||")[2]
    return hl7_values.Observacao(codigo_do_sinal(palavra), valor, SINAIS[palavra], quando, "D" if valor is None else "F", numero=numero)


def _sinal(x: Linha, ctx: ContextoTrackCare) -> str:
    nome = values.texto(x["itm_desc"])
    palavra = ctx.depara.traduzir("sinais_vitais", x["itm_code"], nome, nome and _sem_acentos(nome)) or NAO_ENVIAR
    if palavra not in SINAIS and palavra != NAO_ENVIAR:
        raise RegistroInvalido("sinaisVitais.sinal", f"o De/Para de {values.codigo(x['itm_code'])} não é um sinal vital conhecido")
    return palavra


def _sem_acentos(nome: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", nome) if not unicodedata.combining(c))


def _fator(sinal: str, x: Linha, ctx: ContextoTrackCare) -> float:
    unidade = ctx.depara.traduzir("unidades", x["ctuom_code"])
    if unidade is None or unidade == SINAIS[sinal]:
        return 1
    try:
        return _FATORES[SINAIS[sinal], unidade]
    except KeyError:
        raise vital_signs.ilegivel(sinal, f"unidade diferente de {SINAIS[sinal]}", chave(x["obs_rowid"])) from None


def paineis(linhas: Sequence[Linha], ctx: ContextoTrackCare, coleta: Coleta) -> list[hl7_values.Painel]:
    """Observations of one episode and moment together, in the order in which they were taken."""
    por_momento: dict[tuple[str, datetime], list[hl7_values.Observacao]] = {}

    def juntar(x: Linha) -> None:
        if (lida := observacao(x, ctx)) is not None and lida.quando is not None:
            por_momento.setdefault((chave(x["mradm_rowid"]), lida.quando), []).append(lida)

    cada(linhas, "obs_rowid", coleta, juntar)
    return [hl7_values.Painel(f"{mradm}-{quando:%Y%m%d%H%M%S}", quando, tuple(itens)) for (mradm, quando), itens in por_momento.items()]
