"""``PacienteArquivo``: messages in a queue, with their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, exists, literal_column, null, select, true, update

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.reading.reader import Pronto
from include.fusion.store.clock import agora
from include.fusion.store.filas import Fila, ItemFila, Registro
from include.fusion.store.ledger import SemLivro
from include.fusion.store.tables import ABERTAS, FILAS

TABELA = "PacienteArquivo"
SUBSTITUIDA = "substituída por uma mensagem mais nova"
_LISTA_MAX = 500


class Arquivo(NamedTuple):
    """One message of a patient, and what it is about; ``abre``: the receiver has nothing alive of that before this message."""

    paciente: str
    assunto: str
    mensagem: MensagemHl7
    abre: bool = True


class Recusa(NamedTuple):
    """Refused messages of one subject; ``desconhecido``: the one that opens it among them, and none after it got through."""

    controles: list[str]
    desconhecido: bool


def _ha_mais_nova(*situacoes: str) -> ColumnElement[bool]:
    """Whether a newer message about the same subject is in one of these situations."""
    t, nova = FILAS[TABELA].c, FILAS[TABELA].alias("nova").c
    mesma = (nova.integracao_id == t.integracao_id, nova.processo == t.processo, nova.assunto == t.assunto)
    return exists(select(null()).where(*mesma, nova.id > t.id, nova.situacao.in_(situacoes)))


class FilaArquivos(Fila):
    """Queue of messages, of which several may be about one subject."""

    def reenviar_erros(self, *, prefixo_dono: str | None = None, chaves: Iterable[str] | None = None) -> int:
        """Like :meth:`Fila.reenviar_erros`, but for messages whose subject Fusion has a newer one of: sent now, they would take it back."""
        valores = {"situacao": "descartado", "motivo": SUBSTITUIDA, "concluido_em": agora()}
        self._mudar(("erro",), _ha_mais_nova("reservado", "concluido"), valores=valores)
        return super().reenviar_erros(prefixo_dono=prefixo_dono, chaves=chaves)

    @staticmethod
    def _de_volta() -> dict[str, Any]:
        # Sent once more, it may arrive after all.
        return {**Fila._de_volta(), "recusada": null()}


class Arquivos(SemLivro):
    """Messages of one queue of ``PacienteArquivo``; ``fila`` is that queue. The key of a row is the message's control id."""

    def __init__(self, engine: Engine, fila: Fila) -> None:
        self._engine = engine
        self.fila = fila
        self._t = FILAS[TABELA].c
        self._desta = (self._t.integracao_id == fila.escopo.integracao_id, self._t.processo == fila.escopo.processo)

    def guardar(self, con: Connection, arquivos: Sequence[Arquivo]) -> None:
        """Queue messages in this order, in the caller's transaction."""
        self.fila.enfileirar(con, [ItemFila(a.mensagem.controle, a.paciente, "inclusao" if a.abre else "alteracao") for a in arquivos])
        if arquivos:
            # Literals, which a partial index needs and one statement for many rows allows.
            abertas = self._t.situacao.in_([literal_column(f"'{s}'") for s in ABERTAS])
            onde = (*self._desta, abertas, self._t.chave == bindparam("controle"))
            comando = update(FILAS[TABELA]).where(*onde).values(mensagem=bindparam("bytes"), assunto=bindparam("sobre"))
            con.execute(comando, [{"controle": a.mensagem.controle, "bytes": a.mensagem.corpo, "sobre": a.assunto} for a in arquivos])

    def recusadas(self, con: Connection, pacientes: Sequence[str]) -> dict[str, Recusa]:
        """Subject → messages about it, of these patients, that the receiver refused."""
        abertas = self._em_erro(con, pacientes, self._t.recusada == true(), self._t.operacao == "inclusao", ~_ha_mais_nova("concluido"))
        desconhecidos = {assunto for assunto, _ in abertas}
        achadas: dict[str, Recusa] = {}
        for assunto, controle in self._em_erro(con, pacientes, self._t.recusada == true()):
            achadas.setdefault(assunto, Recusa([], assunto in desconhecidos)).controles.append(controle)
        return achadas

    def repetir_incertas(self, pacientes: Sequence[str]) -> int:
        """Send messages of these patients again that ended in error without an answer: under another control id they might arrive twice."""
        with self._engine.connect() as con:
            incertas = [controle for _, controle in self._em_erro(con, pacientes, self._t.recusada.is_(None))]
        return self.fila.reenviar_erros(chaves=incertas) if incertas else 0

    def _em_erro(self, con: Connection, pacientes: Sequence[str], *onde: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
        for i in range(0, len(pacientes), _LISTA_MAX):
            deles = (*self._desta, self._t.situacao == "erro", self._t.chave_paciente.in_(pacientes[i : i + _LISTA_MAX]), *onde)
            for linha in con.execute(select(self._t.assunto, self._t.chave).where(*deles)):
                yield linha.assunto, linha.chave

    def retirar(self, con: Connection, chaves: Iterable[str]) -> None:
        """Note that the receiver refused these messages: it certainly has not their content."""
        self._marcar(con, chaves, recusada=True)

    def descartar(self, con: Connection, controles: Iterable[str]) -> None:
        """Close refused messages in whose place there are newer ones."""
        self._marcar(con, controles, situacao="descartado", motivo=SUBSTITUIDA, concluido_em=agora())

    def _marcar(self, con: Connection, controles: Iterable[str], **valores: Any) -> None:
        """Change rows in ``erro``."""
        lista = sorted(controles)
        for i in range(0, len(lista), _LISTA_MAX):
            onde = (*self._desta, self._t.situacao == "erro", self._t.chave.in_(lista[i : i + _LISTA_MAX]))
            con.execute(update(FILAS[TABELA]).where(*onde).values(valores))

    def ler_bytes(self, registros: Sequence[Registro]) -> dict[str, Pronto | None]:
        """Bytes of reserved rows, by control id."""
        achadas: dict[str, Pronto | None] = dict.fromkeys(r.chave for r in registros)
        ids = [r.id for r in registros]
        with self._engine.connect() as con:
            for i in range(0, len(ids), _LISTA_MAX):
                consulta = select(self._t.chave, self._t.mensagem).where(self._t.id.in_(ids[i : i + _LISTA_MAX]))
                achadas |= {chave: Pronto(bytes(mensagem), chave) for chave, mensagem in con.execute(consulta) if mensagem is not None}
        return achadas
