"""Dry run: reads and maps what a run would send, sends nothing, changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from include.fusion.change.replay import Pedido
from include.fusion.errors import motivo_de
from include.fusion.reading.reader import Leitor, Montador
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Fila

LOTE = 200


def simular(consultas: ConsultasSistema, fila: Fila, leitor: Leitor | Montador, pedido: Pedido, *, limite: int) -> dict[str, Any]:
    """Counts of what would be sent, by kind of data, and the reasons of what would be refused.

    Takes the records a form asks for, else those pending in the queue; at most ``limite``.
    """
    if pedido.filtra:
        with consultas.engine.connect() as con:
            linhas = consultas.linhas(con, consultas.sistema.sql_chaves, chave=None, limite=limite, **pedido.filtros(consultas.sistema))
        pares = [(str(linha["chave"]), str(linha["operacao"])) for linha in linhas]
    else:
        pares = fila.espiar(limite)
    itens: Counter[str] = Counter()
    motivos: Counter[str] = Counter()
    enviaria = 0
    chaves = [chave for chave, operacao in pares if operacao != "exclusao"]
    for inicio in range(0, len(chaves), LOTE):
        for lido in leitor.ler(chaves[inicio : inicio + LOTE]).values():
            if lido is None or isinstance(lido, Exception):
                motivos["não encontrado na origem" if lido is None else motivo_de(lido)] += 1
            else:
                enviaria += 1
                itens.update({nome: len(valor) for nome, valor in lido if isinstance(valor, tuple)})
    return {
        "enviaria": enviaria,
        "cancelaria": len(pares) - len(chaves),
        "recusaria": sum(motivos.values()),
        "itens": {nome: quantos for nome, quantos in sorted(itens.items()) if quantos},
        "motivos": dict(motivos.most_common(10)),
    }
