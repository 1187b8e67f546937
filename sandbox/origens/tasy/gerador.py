"""Fills a sandbox Tasy with a seeded history of two years: rows made in batches and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progresso
from sandbox.origens.consulfarma.textos import ESTRANHOS
from sandbox.origens.pessoas import REFERENCIA, GeradorPessoas
from sandbox.origens.povoamento import Lote, em_lotes, povoar
from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.colunas import COLUNAS
from sandbox.origens.tasy.esquema import INDICES, PRIMEIRO_PACIENTE, PROFISSIONAIS, SEQUENCIAS

PACIENTES_POR_ATENDIMENTO = 0.4
_HISTORICO = timedelta(days=730)
_FIM = datetime(REFERENCIA.year, REFERENCIA.month, REFERENCIA.day)
_EM_LOTE = datetime(2025, 6, 1, 3)
"""A nightly job of the vendor touched many rows in this second."""


class Gerador:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys."""

    def __init__(self, atendimentos: int, semente: int, casos_de_borda: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_POR_ATENDIMENTO))
        self.abertos = min(atendimentos, max(12, atendimentos // 500))
        self.borda = 0.02 if casos_de_borda else 0.0
        self.rng = random.Random(f"tasy-{semente}")
        self.pessoas = GeradorPessoas(semente + 1, borda=self.borda)
        self.seq: defaultdict[str, int] = defaultdict(int)
        # Pools: what an attendance holds is drawn from them.
        self.textos = [t.evolucao(self.rng) for _ in range(600)]
        self.sinais = [linhas.sinais(self.rng) for _ in range(600)]

    def lotes(self) -> Iterator[Lote]:
        yield from em_lotes(self.pacientes, lambda n, lote: self._paciente(str(n), lote), PRIMEIRO_PACIENTE)
        yield from em_lotes(self.atendimentos, self._atendimento)

    def _por(self, lote: Lote, tabela: str, quando: datetime, valores: Mapping[str, Any]) -> None:
        """One row: its values in the order of the columns, touched when it was written or later."""
        mexido = quando
        if quando < _EM_LOTE and self.rng.random() < self.borda:
            mexido = _EM_LOTE
        auditoria = {"dt_atualizacao": mexido, "nm_usuario": "USUARIO", "dt_atualizacao_nrec": quando, "nm_usuario_nrec": "USUARIO"}
        ler = {**valores, **auditoria}.get
        lote[tabela].append(tuple(map(ler, COLUNAS[tabela])))

    def _um(self, itens: Any) -> Any:
        return itens[int(self.rng.random() * len(itens))]

    def _novo(self, tabela: str) -> int:
        self.seq[tabela] += 1
        return self.seq[tabela]

    def _prof(self) -> str:
        return str(1 + int(self.rng.random() * PROFISSIONAIS))

    def _paciente(self, chave: str, lote: Lote) -> None:
        pessoa = self.pessoas.pessoa()
        cadastro = (_FIM - _HISTORICO * self.rng.random()).replace(microsecond=0)
        self._por(lote, "pessoa_fisica", cadastro, {"cd_pessoa_fisica": chave, **linhas.pessoa(pessoa)})
        for n, valores in enumerate(linhas.complementos(pessoa), 1):
            self._por(lote, "compl_pessoa_fisica", cadastro, {"cd_pessoa_fisica": chave, "nr_sequencia": n, **valores})
        if self.rng.random() < 0.35:
            for _ in range(1 + int(self.rng.random() * 2)):
                self._alergia(chave, cadastro, lote)

    def _alergia(self, paciente: str, quando: datetime, lote: Lote) -> None:
        sorteio = self.rng.random
        valores = linhas.alergia(self.rng, sorteio() < 0.35)
        solta = None if sorteio() < 0.05 else quando
        inativa = quando if solta and sorteio() < 0.1 else None
        self._por(lote, "paciente_alergia", quando, {
            "nr_sequencia": self._novo("paciente_alergia"), "cd_pessoa_fisica": paciente, **valores, "dt_liberacao": solta, "dt_inativacao": inativa,
        })  # fmt: skip

    def _atendimento(self, chave: int, lote: Lote) -> None:
        sorteio = self.rng.random
        aberto = chave > self.atendimentos - self.abertos
        paciente = str(PRIMEIRO_PACIENTE + int(sorteio() * self.pacientes))
        tipo = 1 if aberto else self._um((1, 3, 3, 8, 8, 8, 7))
        inicio = _FIM - timedelta(days=sorteio() * 10) if aberto else _FIM - timedelta(days=12) - _HISTORICO * 0.98 * sorteio()
        inicio = inicio.replace(microsecond=0)
        alta = None if aberto else (inicio + timedelta(hours=1 + sorteio() * (240 if tipo == 1 else 8))).replace(microsecond=0)
        medica = alta and (alta - timedelta(minutes=40))
        cancelado = alta if not aberto and sorteio() < 0.02 else None
        motivo = self._um(t.MOTIVOS_ALTA)[0] if alta and tipo in (1, 3) else None
        prof = self._prof()
        self._por(lote, "atendimento_paciente", alta or inicio, {
            "nr_atendimento": chave, "cd_pessoa_fisica": paciente, "cd_estabelecimento": 1, "ie_tipo_atendimento": tipo, "dt_entrada": inicio,
            "dt_alta": alta, "dt_alta_medico": medica if tipo == 1 else None, "dt_cancelamento": cancelado, "ie_status_atendimento": "A" if aberto else "F",
            "cd_medico_resp": prof if sorteio() >= self.borda else None, "cd_motivo_alta": motivo,
            "ie_carater_inter_sus": self._um(("01", "02")) if tipo == 1 else "02" if tipo == 3 else None, "ie_clinica": 1 + int(sorteio() * 6),
        })  # fmt: skip
        self._por(lote, "atend_categoria_convenio", inicio, {
            "nr_atendimento": chave, "cd_convenio": 1 + int(sorteio() * 4), "cd_categoria": "1", "dt_inicio_vigencia": inicio,
        })  # fmt: skip
        self._estadas(chave, tipo, inicio, alta, lote)
        if sorteio() >= self.borda:
            self._clinico(chave, paciente, tipo, inicio, alta or _FIM, prof, lote)

    def _estadas(self, chave: int, tipo: int, inicio: datetime, alta: datetime | None, lote: Lote) -> None:
        """One to three stays of an admission, the second in intensive care; elsewhere one. Some rooms are only passed through."""
        passos = 1 if tipo != 1 or (x := self.rng.random()) < 0.7 else 2 if x < 0.85 else 3
        fim = alta or _FIM
        marcos = [(inicio + (fim - inicio) * (n / passos)).replace(microsecond=0) for n in range(passos)]
        for n, marco in enumerate(marcos):
            setor = {3: t.PRONTO_SOCORRO, 1: self._um(t.UTIS if n == 1 else t.INTERNACAO)}.get(tipo, t.AMBULATORIO)
            saida = marcos[n + 1] if n + 1 < passos else alta
            self._estada(lote, chave, setor, marco, saida, "N" if self.rng.random() > self.borda else None)
        if self.rng.random() < self.borda:
            self._estada(lote, chave, t.PRONTO_SOCORRO, inicio, inicio, "S")

    def _estada(self, lote: Lote, chave: int, setor: int, inicio: datetime, fim: datetime | None, passagem: str | None) -> None:
        numero = self._novo("atend_paciente_unidade")
        self._por(lote, "atend_paciente_unidade", fim or inicio, {
            "nr_seq_interno": numero, "nr_atendimento": chave, "nr_sequencia": numero, "cd_setor_atendimento": setor,
            "cd_unidade_basica": str(100 * setor + numero % 20), "cd_unidade_compl": "AB"[numero % 2], "dt_entrada_unidade": inicio,
            "dt_saida_unidade": fim, "ie_passagem_setor": passagem,
        })  # fmt: skip

    def _clinico(self, chave: int, paciente: str, tipo: int, inicio: datetime, fim: datetime, prof: str, lote: Lote) -> None:
        sorteio, longo = self.rng.random, tipo == 1

        def quando() -> datetime:
            return (inicio + (fim - inicio) * sorteio()).replace(microsecond=0)

        def estado(momento: datetime) -> dict[str, Any]:
            """Released (or a draft, now and then), in force (or inactivated)."""
            rascunho, inativa = sorteio() < 0.04, sorteio() < 0.03
            return {
                "dt_liberacao": None if rascunho else momento,
                "ie_situacao": "I" if inativa else "A" if sorteio() > self.borda else None,
            }

        do_atendimento = {"nr_atendimento": chave}
        usados: set[tuple[datetime, str]] = set()
        for n in range(1 + int(sorteio() * 2) if sorteio() < 0.8 else 0):
            momento, cid = quando(), self._um(t.CIDS)[0]
            if (momento, cid) not in usados:
                usados.add((momento, cid))
                self._por(lote, "diagnostico_doenca", momento, {
                    **do_atendimento, "dt_diagnostico": momento, "cd_doenca": cid, "ie_classificacao_doenca": "S" if n else "P", **estado(momento),
                })  # fmt: skip
        for _ in range(int(sorteio() * (4 if longo else 2))):
            momento = quando()
            texto = self._um(ESTRANHOS) if sorteio() < self.borda else self._um(self.textos)
            self._por(lote, "evolucao_paciente", momento, {
                **do_atendimento, "cd_evolucao": self._novo("evolucao_paciente"), "cd_pessoa_fisica": paciente, "cd_medico": prof, "dt_evolucao": momento,
                "ie_tipo_evolucao": "1", "ie_evolucao_clinica": self._um(t.EVOLUCOES), "ds_evolucao": texto, **estado(momento),
            })  # fmt: skip
        for _ in range(1 + int(sorteio() * 3) if longo else int(sorteio() * 2)):
            momento = quando()
            situacao = estado(momento)
            self._por(lote, "atendimento_sinal_vital", momento, {
                **do_atendimento, "nr_sequencia": self._novo("atendimento_sinal_vital"), "cd_paciente": paciente if sorteio() > self.borda else None,
                "cd_pessoa_fisica": self._prof(), "dt_sinal_vital": momento, **self._um(self.sinais), **situacao,
                "dt_inativacao": momento if situacao["ie_situacao"] == "I" else None,
            })  # fmt: skip
        for _ in range(1 + int(sorteio() * 2) if longo else int(sorteio() * 1.6)):
            self._prescricao(lote, chave, paciente, prof, quando())

    def _prescricao(self, lote: Lote, chave: int, paciente: str, prof: str, momento: datetime) -> None:
        sorteio, receita = self.rng.random, self._novo("prescr_medica")
        solta = None if sorteio() < 0.04 else momento
        self._por(lote, "prescr_medica", momento, {
            "nr_prescricao": receita, "nr_atendimento": chave, "cd_pessoa_fisica": paciente, "cd_medico": prof, "dt_prescricao": momento,
            "dt_validade_prescr": momento + timedelta(days=1), "dt_liberacao": solta, "dt_liberacao_medico": momento,
            "dt_suspensao": momento if solta and sorteio() < 0.02 else None,
        })  # fmt: skip
        for n in range(1, 2 + int(sorteio() * 3)):
            suspenso = {"ie_suspenso": "S", "dt_suspensao": momento} if sorteio() < 0.1 else {}
            self._por(
                lote,
                "prescr_material",
                momento,
                {"nr_prescricao": receita, "nr_sequencia": n, **linhas.material(self.rng, momento), **suspenso},
            )
        for n in range(1, 1 + int(sorteio() * 2.4)):
            self._por(lote, "prescr_procedimento", momento, {"nr_prescricao": receita, "nr_sequencia": n, **linhas.procedimento(self.rng)})


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> int:
    """Fill a hospital that is still empty; the same rows for the same arguments. Returns how many rows were written."""
    return povoar(
        dsn,
        Gerador(atendimentos, semente, casos_de_borda).lotes(),
        COLUNAS,
        prefixo="tasy.",
        atendimentos=("atendimento_paciente", atendimentos),
        progresso=progresso,
        indices=INDICES,
        depois=[
            f"select setval('tasy.seq_{tabela}', max({chave}::bigint)) from tasy.{tabela} having count(*) > 0"
            for tabela, chave in SEQUENCIAS.items()
        ],
    )
