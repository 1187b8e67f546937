"""From patients' pendencies to messages in ``PacienteArquivo``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from include.fusion.erros import motivo_de
from include.fusion.filas import Desfecho, Fila
from include.fusion.hl7.arquivos import Arquivo, Arquivos
from include.fusion.livro import EXCLUSAO, Entrega, Livro
from include.fusion.sistemas.trackcare import Estado, Item, Plano

AUSENTE = "paciente não encontrado na origem"
Lidos = Mapping[str, Plano | Exception | None]
"""Patient's key → what there is to say, the error that keeps it from being said, or ``None`` when the source has no such patient."""


@dataclass
class ResultadoPendencias:
    """Counts: patients looked up, messages made and queued, things that said nothing new, patients with a reason to look at."""

    pacientes: int = 0
    mensagens: int = 0
    inalteradas: int = 0
    erros: int = 0


class Preparo:
    """Makes messages of the patients that wait in ``pendencias``: what the ledger does not have in this very state.

    Messages, ledger and the pendencies' outcomes are one transaction: who is killed has done all of a batch or nothing. What could not be
    mapped leaves the pendency in ``erro`` with its reason; the patient's other messages travel. A message that was refused does not count
    as sent: looked at again, its subject gets a new one in its place.
    """

    def __init__(
        self, pendencias: Fila, ler: Callable[[Sequence[str]], Lidos], arquivos: Arquivos, livro: Livro, engine: Engine, *, prazo: timedelta
    ) -> None:
        self.pendencias = pendencias
        self.ler = ler
        self.arquivos = arquivos
        self.livro = livro
        self.engine = engine
        self.prazo = prazo

    def executar(self, dono: str, lote: int) -> ResultadoPendencias:
        """Until no patient waits, ``lote`` at a time."""
        resultado = ResultadoPendencias()
        while registros := self.pendencias.reservar(lote, dono, self.prazo):
            lidos = self.ler([r.chave for r in registros])
            desfechos, planos = [], []
            for registro in registros:
                lido = lidos.get(registro.chave)
                if lido is None or isinstance(lido, Exception):
                    motivo: str | None = AUSENTE if lido is None else motivo_de(lido)
                else:
                    planos.append((registro.chave, lido))
                    motivo = "; ".join(lido.recusas) or None
                desfechos.append(Desfecho(registro, "concluido" if motivo is None else "erro", motivo=motivo))
            with self.engine.begin() as con:
                # Only what is still ours: another worker may have taken a row over while we read.
                meus = self.pendencias.ainda_meus(con, dono, [r.id for r in registros])
                chaves = {r.chave for r in registros if r.id in meus}
                mensagens, iguais = self._montar(con, [(p, plano) for p, plano in planos if p in chaves])
                self.arquivos.guardar(con, mensagens)
                self.pendencias.registrar(con, dono, desfechos)
            resultado.pacientes += len(registros)
            resultado.mensagens += len(mensagens)
            resultado.inalteradas += iguais
            resultado.erros += sum(d.situacao == "erro" for d in desfechos)
        return resultado

    def _montar(self, con: Connection, planos: Sequence[tuple[str, Plano]]) -> tuple[list[Arquivo], int]:
        """Messages of what is new, in order, noted in the ledger; how many items were not."""
        refeitas = self.arquivos.recusadas(con, [paciente for paciente, _ in planos])
        antes = self.livro.ler(con, {item.entidade for _, plano in planos for item in plano.itens})
        novos = [
            (p, item) for p, plano in planos for item in plano.itens if item.entidade in refeitas or _novo(item, antes.get(item.entidade))
        ]
        numeros = self.livro.anunciar(con, [(item.entidade, item.versao if item.ativo else EXCLUSAO) for _, item in novos])
        momento = datetime.now(UTC)
        mensagens = []
        for paciente, item in novos:
            anterior = antes.get(item.entidade)
            enviado = anterior is not None and not anterior.cancelado and item.entidade not in refeitas
            estado = Estado(numeros[item.entidade], momento, enviado, anterior.versao if anterior and enviado else None)
            mensagens.append(Arquivo(paciente, item.entidade, item.montar(estado)))
        self.livro.gravar(con, [(item.entidade, item.versao, "envio" if item.ativo else EXCLUSAO) for _, item in novos])
        self.arquivos.descartar(con, refeitas.values())
        return mensagens, sum(len(plano.itens) for _, plano in planos) - len(novos)


def _novo(item: Item, anterior: Entrega | None) -> bool:
    """A retraction is new only where something is alive to be retracted."""
    if not item.ativo:
        return anterior is not None and not anterior.cancelado
    return anterior is None or not anterior.tem(item.versao)
