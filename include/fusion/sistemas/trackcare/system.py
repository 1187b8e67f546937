"""TrackCare (InterSystems TrakCare): a patient's rows → the ordered HL7 messages that say them.

A record is one person (key ``PA_Person.PAPER_RowId``). What is said of a patient falls into entities, each with a hash of its content: the
person, every allergy, every visit, its bed moves, every panel of vital signs, note, medicine and surgery, the discharge. The ledger knows
which content of an entity was last sent and counts its contents; that count makes the control id, so a message built twice is one message,
and a value that comes back to what it was is another. Decisions:

- What was never sent needs no cancellation: A11, A13, a withdrawn note or value only follow something that was sent.
- Location and discharge are no content of a visit: they have messages of their own (A02, A03), and A08 carries the location of now.
- Whose it is, is content of everything below a visit: an episode that was opened for the wrong person is told again for the right one.
- Rows entered in error, pre-admissions and merged-away patients do not travel; a merged patient is one A40.
- A row that cannot be mapped stays behind with its reason (``Plano.recusas``); a patient that cannot be mapped raises.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from include.fusion.errors import RegistroInvalido
from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt, unificacao
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.build.oru import oru
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import siu
from include.fusion.hl7.wire.escapes import APAGAR
from include.fusion.mapping import sections
from include.fusion.reading.spec import Contexto, Detalhe, Linha, Origem, Processo, Replica, Sistema
from include.fusion.sistemas.trackcare import clinical
from include.fusion.sistemas.trackcare.context import Coleta, ContextoTrackCare, chave, contexto_de, dia
from include.fusion.sistemas.trackcare.form import PATIENTS
from include.fusion.sistemas.trackcare.patient import alergias, nome, paciente
from include.fusion.sistemas.trackcare.visits import Visita, visitas

if TYPE_CHECKING:
    from include.fusion.store.ledger import Entrega

PRIORIDADE_VIVA, PRIORIDADE_HISTORICO = 5, 9
SINCRONIZAR, PROCESSO, ENVIO = "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion"


@dataclass(frozen=True, slots=True)
class Estado:
    """What the ledger says of an entity: ``enviado``, something of it is alive in Fusion; ``versao``: that content's hash.

    ``sequencia`` is the number of this content (``Livro.anunciar``), ``momento`` when the change was seen (MSH-7).
    """

    sequencia: int
    momento: datetime
    enviado: bool = False
    versao: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to say. ``ativo`` False: a retraction, to be sent only where the entity is alive in Fusion (``Estado.enviado``).

    ``montar`` raises ``RegistroInvalido`` for a character that the character set lacks.
    """

    entidade: str
    versao: str
    montar: Callable[[Estado], MensagemHl7]
    ativo: bool = True


@dataclass(frozen=True, slots=True)
class Plano:
    """Everything there is to say of one patient, in order, and the reasons of what could not be mapped."""

    itens: tuple[Item, ...]
    recusas: tuple[str, ...] = ()


def versao_de(*partes: Any) -> str:
    """Hash (64 hex characters) of plain values; equal content gives an equal one on every machine."""
    return hashlib.sha256(repr(partes).encode("utf-8", "surrogatepass")).hexdigest()


def plano(dados: Mapping[str, Sequence[Linha]], ctx: ContextoTrackCare) -> Plano:
    """Items of one patient; ``RegistroInvalido`` when the patient cannot be mapped at all."""
    p = sections.unica(dados, "paciente")
    pessoa, coleta = paciente(p, ctx), Coleta()
    if destinos := sections.linhas(dados, "unificacao"):
        return Plano((_unificado(pessoa.codigo, destinos[-1], ctx),))
    itens = [_pessoa(pessoa, ctx), *_alergias(pessoa, dados, ctx, coleta)]
    por_visita = {
        nome: _por_visita(sections.linhas(dados, nome))
        for nome in ("diagnosticos", "procedimentos", "sinais_vitais", "notas", "medicamentos", "cirurgias")
    }
    for visita in visitas(sections.linhas(dados, "admissoes"), sections.linhas(dados, "movimentacoes"), ctx, coleta):
        itens += _da_visita(pessoa, visita, {nome: grupos.get(visita.chave, []) for nome, grupos in por_visita.items()}, ctx, coleta)
    return Plano(tuple(itens), tuple(coleta.recusas))


def a_enviar(plano: Plano, livro: Mapping[str, Entrega]) -> list[Item]:
    """Items of which Fusion has not this content yet, in order; retractions of what is alive there. ``livro``: ledger rows by entity."""

    def falta(item: Item) -> bool:
        entrega = livro.get(item.entidade)
        if item.ativo:
            return entrega is None or not entrega.tem(item.versao)
        return entrega is not None and not entrega.cancelado

    return [item for item in plano.itens if falta(item)]


def estado(item: Item, livro: Mapping[str, Entrega], sequencia: int, momento: datetime) -> Estado:
    """What :attr:`Item.montar` needs: the ledger as it was before, the number that it gave the new content, and the change's moment."""
    entrega = livro.get(item.entidade)
    return Estado(sequencia, momento, entrega is not None and not entrega.cancelado, entrega and entrega.versao)


def _por_visita(linhas: Iterable[Linha]) -> dict[str, list[Linha]]:
    grupos: defaultdict[str, list[Linha]] = defaultdict(list)
    for x in linhas:
        grupos[chave(x["paadm_rowid"])].append(x)
    return grupos


def _pessoa(pessoa: values.PacienteHl7, ctx: ContextoTrackCare) -> Item:
    def montar(e: Estado) -> MensagemHl7:
        # A death that was entered by mistake: an empty date would leave Fusion its own.
        dita = replace(pessoa, obito_em=APAGAR) if e.enviado and not pessoa.obito else pessoa
        return adt(ctx.hl7, "A31", e.momento, dita, versao=str(e.sequencia))

    return Item(f"paciente {pessoa.codigo}", versao_de(pessoa), montar)


def _unificado(sai: str, destino: Linha, ctx: ContextoTrackCare) -> Item:
    """The last merge counts; PID is the one who stays."""
    fica = values.PacienteHl7(chave(destino["unificado_com"]), nome(destino, ctx))
    return Item(f"unificacao {sai}", versao_de(fica.codigo), lambda e: unificacao(ctx.hl7, e.momento, fica, sai, str(e.sequencia)))


def _alergias(pessoa: values.PacienteHl7, dados: Mapping[str, Sequence[Linha]], ctx: ContextoTrackCare, coleta: Coleta) -> list[Item]:
    return [_alergia(pessoa, a, ctx) for a in alergias(sections.linhas(dados, "alergias"), ctx, coleta)]


def _alergia(pessoa: values.PacienteHl7, a: values.Alergia, ctx: ContextoTrackCare) -> Item:
    """A message of its own: its action must say whether Fusion knows this very allergy."""
    entidade, ativa = f"alergia {a.codigo}", a.acao != "D"

    def montar(e: Estado) -> MensagemHl7:
        dita = replace(a, acao="U") if ativa and e.enviado else a
        return adt(ctx.hl7, "A60", e.momento, pessoa, alergias=[dita], entidade=entidade, versao=str(e.sequencia))

    return Item(entidade, versao_de(a), montar, ativo=ativa)


def _da_visita(
    pessoa: values.PacienteHl7, v: Visita, linhas: Mapping[str, list[Linha]], ctx: ContextoTrackCare, coleta: Coleta
) -> list[Item]:
    entidade = f"visita {v.chave}"

    def desfazer_alta(e: Estado) -> MensagemHl7:
        return adt(ctx.hl7, "A13", e.momento, pessoa, v.dados(atual=True, alta=APAGAR), versao=str(e.sequencia))

    sem_alta = Item(f"alta {v.chave}", "", desfazer_alta, ativo=False)
    if v.cancelada:
        # The discharge goes first: should the visit come back, it has to be told again.
        return [sem_alta, Item(entidade, "", lambda e: adt(ctx.hl7, "A11", e.momento, pessoa, v.dados(atual=True), versao=str(e.sequencia)),
                               ativo=False)]  # fmt: skip
    todos = clinical.cada(linhas["diagnosticos"], "mrdia_rowid", coleta, lambda x: clinical.diagnostico(x, ctx))
    diagnosticos = [x for x in todos if x.acao != "D"]
    # In 2.4 a message carries the whole set, so what was entered in error is simply not in it; later versions need it deleted.
    apagados = [] if ctx.hl7.antes_de_2_5 else [x for x in todos if x.acao == "D"]
    procedimentos = clinical.cada(linhas["procedimentos"], "proc_rowid", coleta, lambda x: clinical.procedimento(x, ctx))

    def admitir(e: Estado) -> MensagemHl7:
        evento, retirados = ("A08", apagados) if e.enviado else (v.evento(ctx), [])
        # Of a visit that was told before (and then cancelled, or refused) the transfers are known: it is where it is now.
        local = v.dados(atual=e.sequencia > 1)
        return adt(ctx.hl7, evento, e.momento, pessoa, local, diagnosticos=[*diagnosticos, *retirados], procedimentos=procedimentos,
                   ocorrido=None if e.enviado else v.inicio, versao=str(e.sequencia))  # fmt: skip

    def alta(e: Estado) -> MensagemHl7:
        return adt(ctx.hl7, "A03", e.momento, pessoa, v.dados(atual=True, alta=v.fim), diagnosticos=diagnosticos, procedimentos=procedimentos,
                   ocorrido=v.fim, versao=str(e.sequencia))  # fmt: skip

    itens = [Item(entidade, versao_de(pessoa.codigo, v.conteudo, diagnosticos, procedimentos, apagados), admitir)]
    itens += [_transferencia(pessoa, v, n, ctx) for n in range(1, len(v.movimentos))]
    clinicos = [
        *(_painel(pessoa, v, p, ctx) for p in clinical.paineis(linhas["sinais_vitais"], ctx, coleta)),
        *(_nota(pessoa, v, n, ctx) for n in clinical.cada(linhas["notas"], "not_rowid", coleta, lambda x: clinical.nota(x, ctx))),
        *(
            _remedio(pessoa, v, m, ctx)
            for m in clinical.cada(linhas["medicamentos"], "oeori_rowid", coleta, lambda x: clinical.medicamento(x, ctx))
        ),
        *(
            _cirurgia(pessoa, v, c, ctx)
            for c in clinical.cada(linhas["cirurgias"], "rbop_rowid", coleta, lambda x: clinical.cirurgia(x, ctx))
        ),
    ]
    itens += [item for _, item in sorted(clinicos, key=lambda par: par[0])]
    itens.append(Item(f"alta {v.chave}", versao_de(pessoa.codigo, v.fim), alta) if v.fim else sem_alta)
    return itens


def _transferencia(pessoa: values.PacienteHl7, v: Visita, n: int, ctx: ContextoTrackCare) -> Item:
    """From where is content, too: behind a stay that was entered late the next is told again, or the patient would seem to be there still."""
    antes, depois = v.movimentos[n - 1], v.movimentos[n]
    dados, entidade = replace(v.dados(atual=False), local=depois.local, local_anterior=antes.local), f"leito {depois.chave}"

    def montar(e: Estado) -> MensagemHl7:
        return adt(ctx.hl7, "A02", e.momento, pessoa, dados, ocorrido=depois.inicio, entidade=entidade, versao=str(e.sequencia))

    return Item(entidade, versao_de(pessoa.codigo, antes.local, depois), montar)


_Datado = tuple[datetime, Item]


def _painel(pessoa: values.PacienteHl7, v: Visita, p: values.Painel, ctx: ContextoTrackCare) -> _Datado:
    """Values entered in error are taken back only where the panel was sent with them."""
    boas = tuple(o for o in p.observacoes if o.situacao != "D")

    def montar(e: Estado) -> MensagemHl7:
        enviadas = p.observacoes if e.enviado else boas
        painel = replace(p, observacoes=tuple(replace(o, situacao="C") if e.enviado and o.situacao == "F" else o for o in enviadas))
        return oru(ctx.hl7, e.momento, pessoa, painel, v.dados(atual=True), str(e.sequencia))

    return p.quando, Item(f"painel {p.codigo}", versao_de(pessoa.codigo, p.observacoes), montar, ativo=bool(boas))


def _nota(pessoa: values.PacienteHl7, v: Visita, n: values.Nota, ctx: ContextoTrackCare) -> _Datado:
    return n.quando or v.inicio, Item(
        f"nota {n.codigo}", "" if n.cancelada else versao_de(pessoa.codigo, n), lambda e: mdm(ctx.hl7, e.momento, pessoa, v.dados(atual=True), n, str(e.sequencia)),
        ativo=not n.cancelada,
    )  # fmt: skip


def _remedio(pessoa: values.PacienteHl7, v: Visita, m: values.Medicamento, ctx: ContextoTrackCare) -> _Datado:
    def montar(e: Estado) -> MensagemHl7:
        controle = m.controle
        if e.enviado and controle == "NW":
            controle = "XO"
        elif controle == "DC" and not e.enviado:
            controle = "NW"  # An order that nobody heard of cannot be discontinued: ORC-5 says that it is.
        return rde(ctx.hl7, e.momento, pessoa, v.dados(atual=True), replace(m, controle=controle), str(e.sequencia))

    return m.pedido_em or v.inicio, Item(f"medicamento {m.codigo}", versao_de(pessoa.codigo, m), montar, ativo=m.controle != "CA")


def _cirurgia(pessoa: values.PacienteHl7, v: Visita, c: values.CirurgiaHl7, ctx: ContextoTrackCare) -> _Datado:
    """The hash begins with that of date and room: a new beginning says that the surgery was rescheduled."""
    horario = versao_de(c.inicio, c.sala)[:32]
    versao = horario + versao_de(pessoa.codigo, c)[:32]

    def montar(e: Estado) -> MensagemHl7:
        evento, situacao = "S12", c.situacao
        if c.situacao == clinical.SEM_COMPARECER:
            evento, situacao = "S26", "Cancelled" if ctx.hl7.antes_de_2_5 else "Noshow"  # 0278 has Noshow from 2.5.1 on
        elif c.situacao == "Cancelled":
            evento = "S15"
        elif e.enviado:
            evento = "S14" if (e.versao or "").startswith(horario) else "S13"
        return siu(ctx.hl7, evento, e.momento, pessoa, replace(c, situacao=situacao), v.dados(atual=True), str(e.sequencia))

    return c.inicio, Item(f"cirurgia {c.codigo}", versao, montar, ativo=c.situacao not in ("Cancelled", clinical.SEM_COMPARECER))


def mapear(dados: Mapping[str, Sequence[Linha]], ctx: Contexto) -> Any:
    """:func:`plano` as the shared reader calls it."""
    return plano(dados, cast("ContextoTrackCare", ctx))


def na_copia(x: Linha) -> Linha:
    """A row of PacienteSES as the Integrador's copy keeps it, and what the queue needs of it.

    Whom only the initial load has written goes behind those to whom something happened: an admission must not wait for a whole history.
    """
    return {
        "prioridade": PRIORIDADE_HISTORICO if x["alteradoclinicoem"] is None else PRIORIDADE_VIVA,
        "pacienteid": x["chave"],
        "atualizadoem": x["marcador"],
        "chave_paciente": x["chave"],
        "operacao": "alteracao",
        "datanascimento": _data(x["datanascimento"]),
        "dataobito": _data(x["dataobito"]),
    }


def _data(valor: Any) -> Any:
    """A date of the source; what is none stays as it stands: only the patient's messages refuse it."""
    try:
        return dia(valor, "data")
    except RegistroInvalido:
        return str(valor)[:10]


DETALHES = ("paciente", "unificacao", "alergias", "admissoes", "movimentacoes", "diagnosticos", "procedimentos", "sinais_vitais", "notas", "medicamentos",
            "cirurgias")  # fmt: skip
"""Kinds of rows that are read for a patient, each from a file of its name."""

COPIA = Replica("PacienteSES", "pacienteid", na_copia, frozenset({"atualizadoem"}))

SISTEMA = Sistema(
    nome="trackcare",
    form=PATIENTS,
    origens=(Origem("pacienteses", processo=PROCESSO, passo=SINCRONIZAR, replica=COPIA),),
    detalhes=tuple(map(Detalhe, DETALHES)),
    mapear=mapear,
    make_context=contexto_de,
    tipo_chave=int,
    processos=(
        Processo(PROCESSO, "PendenciaIntegracao", "paciente_hl7", prepara=True),
        Processo(ENVIO, "PacienteArquivo", "mensagem", messages=True),
    ),
)
