"""TrackCare: episodes and the stays within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from include.fusion.errors import RegistroInvalido
from include.fusion.hl7.build import values as hl7_values
from include.fusion.hl7.wire.escapes import Apagar
from include.fusion.mapping import values
from include.fusion.reading.spec import Linha
from include.fusion.sistemas.trackcare.context import Coleta, ContextoTrackCare, chave, momento, momento_ou_dia, profissional


@dataclass(frozen=True, slots=True)
class Movimento:
    """One stay at a place; the first of an episode is where it was admitted."""

    chave: str
    inicio: datetime
    local: hl7_values.Local


@dataclass(frozen=True, slots=True)
class Visita:
    """``conteudo`` is what tells versions of a visit apart: neither where the patient was moved to nor its end."""

    chave: str
    classe: str
    inicio: datetime
    fim: datetime | date | None
    cancelada: bool
    responsavel: hl7_values.Pessoal | None
    especialidade: str | None
    estabelecimento: str | None
    atual: hl7_values.Local | None
    movimentos: tuple[Movimento, ...] = ()

    @property
    def conteudo(self) -> tuple[object, ...]:
        return self.classe, self.inicio, self.responsavel, self.especialidade, self.estabelecimento, self.primeiro

    @property
    def primeiro(self) -> hl7_values.Local | None:
        """Where the patient was admitted; of an episode without stays the place of now, which no transfer would tell."""
        return self.movimentos[0].local if self.movimentos else self.atual

    def evento(self, ctx: ContextoTrackCare) -> str:
        """Of the first message about it."""
        return ctx.evento_ambulatorial if self.classe == "O" else "A01"

    def dados(self, atual: bool, alta: datetime | date | Apagar | None = None) -> hl7_values.Visita:
        """As a message tells it, at the place of now or at that of the admission."""
        return hl7_values.Visita(self.chave, self.classe, self.atual if atual else self.primeiro, responsavel=self.responsavel, especialidade=self.especialidade,
                        admissao=self.inicio, alta=alta)  # fmt: skip


def visitas(admissoes: Sequence[Linha], movimentacoes: Sequence[Linha], ctx: ContextoTrackCare, coleta: Coleta) -> list[Visita]:
    """Episodes that travel, by their beginning. One that cannot be mapped stays behind with all below it."""
    por_visita: dict[str, list[Linha]] = {}
    for x in movimentacoes:
        por_visita.setdefault(chave(x["paadm_rowid"]), []).append(x)
    feitas = []
    for a in admissoes:
        numero = chave(a["paadm_rowid"])
        try:
            visita = _visita(a, por_visita.get(numero, ()), ctx)
        except RegistroInvalido as erro:
            coleta.recusar(f"PA_Adm {numero}", erro)
        else:
            if visita is not None and not _acabou_antes(visita, ctx.desde):
                feitas.append(visita)
    return sorted(feitas, key=lambda v: (v.inicio, v.chave))


def _acabou_antes(visita: Visita, desde: datetime | None) -> bool:
    if desde is None or visita.fim is None:
        return False
    return visita.fim < desde if isinstance(visita.fim, datetime) else visita.fim < desde.date()


def _visita(a: Linha, movimentacoes: Sequence[Linha], ctx: ContextoTrackCare) -> Visita | None:
    """A pre-admission waits; one that was an admission before, and was told, is one cancelled."""
    situacao = ctx.depara.traduzir("situacao_atendimento", a["paadm_visitstatus"]) or "ABERTO"
    if situacao != "PRE_ADMISSAO":
        return _lida(a, movimentacoes, situacao == "CANCELADO", ctx)
    try:
        return _lida(a, (), True, ctx)
    except RegistroInvalido:
        return None


def _lida(a: Linha, movimentacoes: Sequence[Linha], cancelada: bool, ctx: ContextoTrackCare) -> Visita:
    classe = ctx.depara.traduzir("tipo_atendimento", a["paadm_type"])
    inicio = momento(a["paadm_admdate"], a["paadm_admtime"], ctx.fuso, "dataInicio")
    if classe is None or inicio is None:
        raise RegistroInvalido("tipo" if classe is None else "dataInicio", "não preenchido na origem")
    # The discharge counts by its date: the status alone may be late, and a cancelled discharge empties the date.
    fim = momento_ou_dia(a["paadm_dischgdate"], a["paadm_dischgtime"], ctx.fuso, "dataFim")
    estabelecimento = values.codigo(a["hosp_code"])
    return Visita(
        chave=chave(a["paadm_rowid"]),
        classe=classe,
        inicio=inicio,
        fim=fim,
        cancelada=cancelada,
        responsavel=profissional(a),
        especialidade=values.codigo(a["ctloc_code"]),
        estabelecimento=estabelecimento,
        atual=_local(a["ward_code"] if a["ward_code"] is not None else a["ctloc_code"], a["room_code"], a["bed_code"], estabelecimento),
        movimentos=_movimentos(movimentacoes, estabelecimento, ctx),
    )


def _movimentos(linhas: Sequence[Linha], estabelecimento: str | None, ctx: ContextoTrackCare) -> tuple[Movimento, ...]:
    """Stays by their beginning, which one that was entered late has before its number. Rows that change no place (another doctor) are none."""
    estadas = []
    for x in linhas:
        local = _local(x["ward_code"], None, x["bed_code"], estabelecimento)
        if local is None:
            continue
        inicio = momento(x["trans_startdate"], x["trans_starttime"], ctx.fuso, "movimentacoesLeito.inicio")
        if inicio is not None:
            estadas.append(Movimento(chave(x["trans_rowid"]), inicio, local))
        elif not estadas or estadas[-1].local != local:
            raise RegistroInvalido("movimentacoesLeito.inicio", "não preenchido na origem")
    estadas.sort(key=lambda m: m.inicio)
    return tuple(m for n, m in enumerate(estadas) if not n or m.local != estadas[n - 1].local)


def _local(unidade: object, quarto: object, leito: object, estabelecimento: str | None) -> hl7_values.Local | None:
    partes = (values.codigo(unidade), values.codigo(quarto), values.codigo(leito))
    return hl7_values.Local(*partes, estabelecimento) if any(partes) else None
