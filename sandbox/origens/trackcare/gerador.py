"""Fills a sandbox TrakCare with a seeded history of two years, copied in by batches. PacienteSES stays empty: the initial load fills it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.origens.base import Progresso, conectar
from sandbox.origens.pessoas import REFERENCIA, GeradorPessoas, Pessoa
from sandbox.origens.povoamento import Lote, em_lotes, povoar
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.colunas import COLUNAS
from sandbox.origens.trackcare.esquema import SEQUENCIAS
from sandbox.origens.trackcare.tempo import Calendario, calendario_de

PACIENTES_POR_ATENDIMENTO = 0.4
_HISTORICO = timedelta(days=730)
_FIM = datetime(REFERENCIA.year, REFERENCIA.month, REFERENCIA.day)


class Gerador:
    """Batches of rows for ``atendimentos`` episodes, with keys from 1 on. One patient in 200 is merged into the one before."""

    def __init__(self, c: Calendario, atendimentos: int, semente: int, casos_de_borda: bool = True) -> None:
        self.c, self.atendimentos = c, atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_POR_ATENDIMENTO))
        self.abertos = min(atendimentos, max(12, atendimentos // 500))
        self.rng = random.Random(f"trackcare-{semente}")
        self.pessoas = GeradorPessoas(semente, borda=0.02 if casos_de_borda else 0.0)
        self.seq: defaultdict[str, int] = defaultdict(int)
        self.textos = [t.evolucao(self.rng) for _ in range(600)]

    def lotes(self) -> Iterator[Lote]:
        yield from em_lotes(self.pacientes, self._paciente)
        yield from em_lotes(self.atendimentos, self._episodio)

    def _paciente(self, chave: int, lote: Lote) -> None:
        momento = (_FIM - _HISTORICO * self.rng.random()).replace(microsecond=0)
        person, patmas = linhas.pessoa(self.c, chave, self._pessoa(), momento)
        if chave % 200 == 0:
            patmas = (*patmas[:10], "N", patmas[11])
            self.seq["pa_mergepatient"] += 1
            lote["pa_mergepatient"].append((self.seq["pa_mergepatient"], chave, chave - 1, *self.c.par(momento), 1))
        lote["pa_person"].append(person)
        lote["pa_patmas"].append(patmas)
        for sub in range(1, 1 + int(self.rng.random() * 1.4) if chave % 200 else 1):
            lote["pa_allergy"].append(linhas.alergia(self.c, self.rng, chave, sub, momento))

    def _pessoa(self) -> Pessoa:
        """The next one whose texts fit into 8859/1: the history must be deliverable under the default settings."""
        while True:
            pessoa = self.pessoas.pessoa()
            if all(ord(c) < 256 for valor in pessoa if isinstance(valor, str) for c in valor):
                return pessoa

    def _episodio(self, chave: int, lote: Lote) -> None:
        c, rng = self.c, self.rng
        inicio = (_FIM - _HISTORICO + _HISTORICO * ((chave - rng.random()) / self.atendimentos)).replace(microsecond=0)
        aberto = chave > self.atendimentos - self.abertos
        tipo = "I" if (x := rng.random()) < (0.7 if aberto else 0.25) else "E" if x < 0.5 or aberto else "O"
        paciente = 1 + int(rng.random() * self.pacientes)
        paciente -= paciente % 200 == 0
        permanencia = timedelta(hours=6 + int(rng.random() ** 3 * 700)) if tipo == "I" else timedelta(minutes=20 + int(rng.random() * 400))
        alta = None if aberto else min(inicio + permanencia, _FIM - timedelta(seconds=1))
        cancelado = not aberto and rng.random() < 0.02
        situacao = "C" if cancelado else "D" if alta else "A"
        alta, fim = (None if cancelado else alta), alta or _FIM
        leitos = [t.LEITOS[int(rng.random() * len(t.LEITOS))] for _ in range(1 + (rng.random() < 0.3))] if tipo == "I" else []
        ultimo = leitos[-1] if leitos else None
        lote["pa_adm"].append((
            chave, f"{tipo}{1_000_000 + chave}", paciente, tipo, situacao, *c.par(inicio), *c.par(alta), c.dia(alta), str(1 + int(rng.random() * t.PROFISSIONAIS)),
            1 + int(rng.random() * len(t.SETORES)), ultimo and ultimo[0], ultimo and 1 + int(rng.random() * len(t.QUARTOS)), ultimo and ultimo[2],
            1 + chave % 2, chave, *c.par(alta or inicio),
        ))  # fmt: skip
        lote["mr_adm"].append((chave, chave, rng.choice((None, "Dor abdominal há 2 dias", "Febre & tosse"))))
        marcos = [inicio + (fim - inicio) * (n / max(1, len(leitos))) for n in range(len(leitos))]
        for n, leito in enumerate(leitos):
            saida = (marcos[n + 1] if n + 1 < len(leitos) else alta) or None
            lote["pa_admtransaction"].append((chave, n + 1, f"{chave}||{n + 1}", leito[0], leito[2], *c.par(marcos[n].replace(microsecond=0)),
                                              *c.par(saida and saida.replace(microsecond=0)), c.dia(marcos[n])))  # fmt: skip
        if not cancelado:
            self._clinico(chave, tipo, inicio, fim, lote)

    def _clinico(self, chave: int, tipo: str, inicio: datetime, fim: datetime, lote: Lote) -> None:
        c, rng, longo = self.c, self.rng, tipo == "I"

        def quando() -> datetime:
            return (inicio + (fim - inicio) * rng.random()).replace(microsecond=0)

        for sub in range(1, 1 + int(rng.random() * 2.4)):
            lote["mr_diagnos"].append(linhas.diagnostico(c, rng, chave, sub, quando()))
        sub = 1
        for _ in range(1 + int(rng.random() * 3) if longo else int(rng.random() * 2)):
            rodada = linhas.sinais(c, rng, chave, sub, quando())
            lote["mr_observations"] += rodada
            sub += len(rodada)
        for sub in range(1, 1 + int(rng.random() * (4 if longo else 2))):
            lote["mr_nursingnotes"].append(linhas.nota(c, rng, chave, sub, quando(), self.textos[int(rng.random() * 600)]))
        if rng.random() < 0.15:
            lote["mr_procedures"].append(linhas.procedimento(c, rng, chave, 1, quando()))
        for _ in range(int(rng.random() * (3 if longo else 1.4))):
            self.seq["oe_order"] += 1
            pedido, momento = self.seq["oe_order"], quando()
            lote["oe_order"].append((pedido, chave, *c.par(momento), "1"))
            lote["oe_orditem"] += [linhas.prescrito(c, rng, pedido, n, momento) for n in range(1, 2 + int(rng.random() * 3))]
        if longo and rng.random() < 0.2:
            self.seq["rb_operatingroom"] += 1
            situacao, momento = rng.choices("PAICXS", (3, 1, 1, 10, 2, 1))[0], quando()
            lote["rb_operatingroom"].append(linhas.cirurgia(c, rng, self.seq["rb_operatingroom"], chave, momento, situacao, momento))


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> int:
    """Fill an empty schema; the same rows for the same arguments. Returns how many rows were written."""
    con = conectar(dsn)
    try:
        gerador = Gerador(calendario_de(con), atendimentos, semente, casos_de_borda)
    finally:
        con.close()
    return povoar(
        dsn,
        gerador.lotes(),
        COLUNAS,
        prefixo="sqluser.",
        atendimentos=("pa_adm", atendimentos),
        progresso=progresso,
        depois=[
            f"select setval('sqluser.seq_{tabela}', coalesce((select max({chave}) from sqluser.{tabela}), 0)::bigint + 1, false)"
            for tabela, chave in SEQUENCIAS.items()
        ],
    )
