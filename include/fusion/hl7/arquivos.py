"""``PacienteArquivo``: messages in a queue, from the patients' pendencies to the receiver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine, bindparam, select, update

from include.fusion.erros import motivo_de
from include.fusion.filas import Desfecho, Fila, ItemFila, Registro
from include.fusion.hl7.mensagem import MensagemHl7
from include.fusion.leitura import Pronto
from include.fusion.livro import Livro
from include.fusion.tabelas import ABERTAS, FILAS

TABELA = "PacienteArquivo"
AUSENTE = "paciente não encontrado na origem"
_LISTA_MAX = 500
Lidos = Mapping[str, "Sequence[MensagemHl7] | Exception | None"]
"""Patient's key → messages in order, the error that keeps them from being made, or ``None`` when the source has no such patient."""


class Arquivos:
    """Messages of one queue of ``PacienteArquivo``; ``fila`` is that queue. The key of a row is the message's control id."""

    def __init__(self, engine: Engine, fila: Fila) -> None:
        self._engine = engine
        self.fila = fila
        self._t = FILAS[TABELA].c
        self._desta = (self._t.integracao_id == fila.escopo.integracao_id, self._t.processo == fila.escopo.processo)

    def guardar(self, con: Connection, mensagens: Iterable[tuple[str, MensagemHl7]]) -> int:
        """Queue ``(patient, message)`` in this order, in the caller's transaction; how many."""
        lista = list(mensagens)
        self.fila.enfileirar(con, [ItemFila(m.controle, paciente, "inclusao") for paciente, m in lista])
        if lista:
            abertas = self._t.situacao.in_(ABERTAS)
            comando = update(FILAS[TABELA]).where(*self._desta, abertas, self._t.chave == bindparam("controle"))
            con.execute(comando.values(mensagem=bindparam("bytes")), [{"controle": m.controle, "bytes": m.corpo} for _, m in lista])
        return len(lista)

    def ler(self, registros: Sequence[Registro]) -> dict[str, Pronto | None]:
        """Bytes of reserved rows, by control id."""
        achadas: dict[str, Pronto | None] = dict.fromkeys(r.chave for r in registros)
        ids = [r.id for r in registros]
        with self._engine.connect() as con:
            for i in range(0, len(ids), _LISTA_MAX):
                consulta = select(self._t.chave, self._t.mensagem).where(self._t.id.in_(ids[i : i + _LISTA_MAX]))
                achadas |= {chave: Pronto(bytes(mensagem), chave) for chave, mensagem in con.execute(consulta) if mensagem is not None}
        return achadas


@dataclass
class ResultadoPendencias:
    """Counts: patients looked up, messages made and queued, those that said nothing new, patients refused."""

    pacientes: int = 0
    mensagens: int = 0
    inalteradas: int = 0
    erros: int = 0


def atender_pendencias(
    pendencias: Fila,
    ler: Callable[[Sequence[str]], Lidos],
    arquivos: Arquivos,
    livro: Livro,
    engine: Engine,
    dono: str,
    *,
    lote: int,
    prazo: timedelta,
    progresso: Callable[[ResultadoPendencias], None] | None = None,
) -> ResultadoPendencias:
    """Until no patient waits: read a batch, make messages, and queue those whose subject the ledger does not have in this very state.

    Messages, ledger and the pendencies' outcomes are one transaction: who is killed has done all of a batch or nothing. Serve the queue
    from one task at a time; the ledger is read and written under the rows' lease.
    """
    resultado = ResultadoPendencias()
    while registros := pendencias.reservar(lote, dono, prazo):
        lidos = ler([r.chave for r in registros])
        desfechos, feitas = [], []
        for registro in registros:
            lido = lidos.get(registro.chave)
            if lido is None or isinstance(lido, Exception):
                desfechos.append(Desfecho(registro, "erro", motivo=AUSENTE if lido is None else motivo_de(lido)))
                resultado.erros += 1
            else:
                desfechos.append(Desfecho(registro, "concluido"))
                feitas += [(registro.chave, m) for m in lido]
        with engine.begin() as con:
            antes = livro.ler(con, {m.assunto for _, m in feitas})
            novas = [(p, m) for p, m in feitas if m.assunto not in antes or not antes[m.assunto].tem(m.controle)]
            arquivos.guardar(con, novas)
            livro.gravar(con, [(m.assunto, m.controle, "envio") for _, m in novas])
            pendencias.registrar(con, dono, desfechos)
        resultado.pacientes += len(registros)
        resultado.mensagens += len(novas)
        resultado.inalteradas += len(feitas) - len(novas)
        if progresso is not None:
            progresso(resultado)
    return resultado
