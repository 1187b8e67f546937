"""Fills a sandbox MV with a seeded history of two years: rows made in batches and copied in by a second thread. Journals stay empty."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progresso
from sandbox.origens.consulfarma.textos import ESTRANHOS
from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUNAS
from sandbox.origens.mv.esquema import INDICES, LEITOS, PRESTADORES, SEQUENCIAS, leito
from sandbox.origens.mv.tempo import dia, duracao, hora
from sandbox.origens.pessoas import REFERENCIA, GeradorPessoas
from sandbox.origens.povoamento import Lote, em_lotes, povoar

PACIENTES_POR_ATENDIMENTO = 0.4
_HISTORICO = timedelta(days=730)
_FIM = datetime(REFERENCIA.year, REFERENCIA.month, REFERENCIA.day)
_EM_LOTE = datetime(2025, 6, 1, 3)
"""A nightly job closed many documents in this second."""


class Gerador:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, casos_de_borda: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_POR_ATENDIMENTO))
        self.abertos = min(atendimentos, max(12, atendimentos // 500))
        self.leitos = max(LEITOS, 2 * self.abertos + 40)
        self.borda = 0.02 if casos_de_borda else 0.0
        self.rng = random.Random(f"mv-{semente}")
        self.pessoas = GeradorPessoas(semente, borda=self.borda)
        self.nomes: list[str] = []
        self.seq: defaultdict[str, int] = defaultdict(int)
        self.livres = [n for n in range(1, self.leitos + 1) if casos_de_borda or n % 50]
        self.rng.shuffle(self.livres)
        self.comuns = [n for n in self.livres if n % 12 not in (8, 9) and n % 50]
        self.criticos = [n for n in self.livres if n % 12 in (8, 9) and n % 50]
        self.internados: list[tuple[int, int]] = []
        self.ocupados: set[int] = set()
        # Pools: what an attendance holds is drawn from them.
        self.textos = [t.evolucao(self.rng) for _ in range(600)]
        self.sinais = [linhas.sinais(self.rng, casos_de_borda and n % 20 == 0) for n in range(600)]

    def lotes(self) -> Iterator[Lote]:
        yield from em_lotes(self.pacientes, self._paciente)
        yield from em_lotes(self.atendimentos, self._atendimento)
        lote: Lote = defaultdict(list)
        for n in range(max(10, self.atendimentos // 200)):
            self._agendar(lote, n)
        lote["leito"] = [leito(n, "O" if n in self.ocupados else "M" if n % 60 == 7 else "V") for n in range(1, self.leitos + 1)]
        yield lote

    def _um(self, itens: Any) -> Any:
        return itens[int(self.rng.random() * len(itens))]

    def _novo(self, tabela: str) -> int:
        self.seq[tabela] += 1
        return self.seq[tabela]

    def _prof(self) -> int:
        return 1 + int(self.rng.random() * PRESTADORES)

    def _hora(self, momento: datetime) -> datetime | None:
        return None if self.rng.random() < self.borda else hora(momento)

    def _paciente(self, chave: int, lote: Lote) -> None:
        sorteio = self.rng.random
        pessoa = self.pessoas.pessoa()
        self.nomes.append(pessoa.nome)
        cadastro = (_FIM - _HISTORICO * sorteio()).replace(microsecond=0)
        fundido = chave % 200 == 0  # merged into the one before
        alterado = (cadastro + (_FIM - cadastro) * sorteio()).replace(microsecond=0) if fundido or sorteio() < 0.4 else None
        lote["paciente"].append((
            chave, *linhas.paciente(pessoa, self.rng), "N" if fundido else "S", alterado if fundido else None,
            dia(cadastro) if sorteio() < self.borda else cadastro, hora(cadastro), alterado,
        ))  # fmt: skip
        for substancia in {int(sorteio() * len(t.SUBSTANCIAS)) for _ in range(2)} if sorteio() < 0.12 else ():
            lote["hist_subs_pac"].append((chave, t.SUBSTANCIAS[substancia][0], "SO"[substancia % 2], self._um(("G", "M", "L", "D", None)),
                                          self._um((None, "Urticária", "Edema de glote")), "S" if sorteio() < 0.9 else "N"))  # fmt: skip
        if sorteio() < 0.25:
            self._alergia(chave, lote)

    def _alergia(self, paciente: int, lote: Lote) -> None:
        sorte, problema = self.rng.random(), self._novo("pw_problema")
        ativa = self.rng.random() < 0.9
        nega = sorte < 0.3
        substancia = None if nega or sorte > 0.6 else self._um(t.SUBSTANCIAS)[0]
        alimento = self._um(t.ALIMENTOS)[0] if 0.6 < sorte < 0.9 else None
        lote["pw_problema"].append((problema, paciente, "S" if ativa else "N"))
        lote["pw_alergia_pac"].append((
            problema, "D" if nega else "A" if alimento else "S" if substancia else "O", None if nega else self._um("GMLD"), substancia, alimento,
            "Esparadrapo" if sorte >= 0.9 else None, "Paciente nega alergias" if nega else None, None if ativa else "ENFERMAGEM",
        ))  # fmt: skip

    def _atendimento(self, chave: int, lote: Lote) -> None:
        sorteio = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        inicio = (_FIM - _HISTORICO + _HISTORICO * ((chave - sorteio()) / self.atendimentos)).replace(microsecond=0)
        aberto = chave > self.atendimentos - self.abertos
        tipo = "I" if (x := sorteio()) < (0.7 if aberto else 0.25) else "U" if x < 0.5 or aberto else "A" if x < 0.95 else "E"
        paciente = 1 + int(sorteio() * self.pacientes)
        paciente -= 1 if paciente % 200 == 0 else 0
        permanencia = timedelta(hours=6 + int(sorteio() ** 3 * 700)) if tipo == "I" else timedelta(minutes=20 + int(sorteio() * 400))
        alta = None if aberto else min(inicio + permanencia, _FIM - timedelta(seconds=1))
        medica = alta and inicio + (alta - inicio) * 0.9 if tipo == "I" else None
        medica = medica and medica.replace(microsecond=0)
        prof, convenio = self._prof(), 1 + int(sorteio() * 4)
        motivo = self._um(t.MOTIVOS_ALTA) if alta and tipo in "IU" else None
        cama = self._internacao(chave, inicio, alta, prof, convenio, lote) if tipo == "I" else None
        if aberto and tipo == "I":
            self.internados.append((chave, paciente))
        lote["atendime"].append((
            chave, paciente, dia(inicio), self._hora(inicio), tipo, alta and dia(alta), alta and self._hora(alta), medica and dia(medica),
            medica and self._hora(medica), alta, motivo and motivo[0], "S" if motivo and motivo[2] == "O" else "N" if alta else None, cama, convenio,
            prof if sorteio() >= self.borda else None, 1 + int(sorteio() * 6), 1 + int(sorteio() * 4), self._um(t.CIDS)[0] if sorteio() < 0.8 else None,
            "S" if tipo == "I" and aberto else "N", "U" if tipo == "U" else self._um("EEU") if tipo == "I" else None, f"USUARIO{1 + chave % 30}",
        ))  # fmt: skip
        if sorteio() >= self.borda:
            self._clinico(chave, paciente, tipo, inicio, alta or _FIM, prof, lote)

    def _internacao(self, chave: int, inicio: datetime, alta: datetime | None, prof: int, convenio: int, lote: Lote) -> int:
        """One to three stays, the middle one in intensive care; returns the last bed. Only open stays hold a bed of their own."""
        passos = 1 if (x := self.rng.random()) < 0.7 else 2 if x < 0.85 else 3
        fim = alta or _FIM
        marcos = [inicio + (fim - inicio) * (n / passos) for n in range(passos)]
        anterior = None
        for n, marco in enumerate(marcos):
            marco = marco.replace(microsecond=0)
            ultimo = n == passos - 1
            if ultimo and alta is None:
                cama = self.livres.pop()
                self.ocupados.add(cama)
            else:
                cama = self._um(self.criticos if n == 1 else self.comuns)
            livre = None if ultimo and alta is None else alta if ultimo else marcos[n + 1].replace(microsecond=0)
            lote["mov_int"].append((self._novo("mov_int"), chave, cama, anterior, dia(marco), hora(marco), livre and dia(livre),
                                    livre and self._hora(livre), "O" if n else "I", prof, convenio, "N"))  # fmt: skip
            anterior = cama
        return cama

    def _clinico(self, chave: int, paciente: int, tipo: str, inicio: datetime, fim: datetime, prof: int, lote: Lote) -> None:
        sorteio, longo = self.rng.random, tipo == "I"

        def quando() -> datetime:
            return (inicio + (fim - inicio) * sorteio()).replace(microsecond=0)

        if sorteio() < 0.4:
            lote["diagnostico_atendime"].append((self._novo("diagnostico_atendime"), chave, self._um(t.CIDS)[0], self._um(("HIPOTESE", "CONFIRMADO")),
                                                 *self._um(((None, None), (3, "D"), (2, "M"))), None))  # fmt: skip
        for _ in range(int(sorteio() * (4 if longo else 2))):
            self._documento(chave, paciente, quando(), prof, lote)
        for _ in range(1 + int(sorteio() * 3) if longo else int(sorteio() * 2)):
            momento, coleta = quando(), self._novo("coleta_sinal_vital")
            lote["coleta_sinal_vital"].append((coleta, chave, momento, dia(momento), self._prof(), "ENFERMAGEM"))
            lote["itcoleta_sinal_vital"] += [(coleta, *sinal) for sinal in self._um(self.sinais)]
        for _ in range(1 + int(sorteio() * 2) if longo else int(sorteio() * 1.6)):
            momento, receita = quando(), self._novo("pre_med")
            medico = sorteio() < 0.8
            validade = momento + timedelta(days=1)
            lote["pre_med"].append((
                receita, chave, prof, None, dia(momento), hora(momento), dia(momento), validade, momento, momento, self._um(self.textos) if medico else None,
                "S" if sorteio() >= self.borda else "N", "M" if medico else "E", "S",
            ))  # fmt: skip
            for _ in range(1 + int(sorteio() * 3)):
                lote["itpre_med"].append((self._novo("itpre_med"), receita, *linhas.prescrito(self.rng, momento, validade)))
        if longo and sorteio() < 0.1:
            self._cirurgia(lote, chave, paciente, quando(), "R")

    def _documento(self, chave: int, paciente: int, momento: datetime, prof: int, lote: Lote) -> None:
        sorteio, documento, registro = self.rng.random, self._novo("pw_documento_clinico"), self._novo("pw_editor_registro")
        tipo, nome, objeto = self._um(t.DOCUMENTOS)
        status = "ABERTO" if (x := sorteio()) < 0.04 else "CANCELADO" if x < 0.05 else "ASSINADO" if x < 0.5 else "FECHADO"
        fechado = None if status == "ABERTO" else _EM_LOTE if momento < _EM_LOTE and sorteio() < self.borda else momento
        texto = self._um(ESTRANHOS) if sorteio() < self.borda else self._um(self.textos)
        lote["pw_documento_clinico"].append((documento, tipo, paciente, chave, f"USUARIO{prof}", prof, status, momento, momento, fechado, objeto, nome,
                                             "S" if sorteio() < 0.01 else "N"))  # fmt: skip
        lote["pw_editor_registro"].append((registro, documento, texto))
        lote["pw_editor_clinico"].append((documento, documento, registro))

    def _agendar(self, lote: Lote, n: int) -> None:
        """A booking that is still to come, of somebody in a bed or of somebody who is not admitted yet."""
        quando = _FIM + timedelta(days=1 + n % 30, hours=7 + n % 10)
        chave, paciente = (
            self._um(self.internados) if self.internados and n % 3 == 0 else (None, 1 + int(self.rng.random() * self.pacientes))
        )
        paciente -= 1 if paciente > 1 and paciente % 200 == 0 else 0
        self._cirurgia(lote, chave, paciente, quando, "AGGPC"[n % 5])

    def _cirurgia(self, lote: Lote, chave: int | None, paciente: int, quando: datetime, situacao: str) -> None:
        aviso, item = self._novo("aviso_cirurgia"), self._novo("cirurgia_aviso")
        sala, minutos = self._um(t.SALAS), 40 + 20 * int(self.rng.random() * 12)
        nome, feita = self.nomes[paciente - 1], situacao == "R"
        # A booking by telephone: the name only, nobody has looked the patient up yet.
        sem_cadastro = situacao == "P" and self.borda > 0
        lote["aviso_cirurgia"].append((
            aviso, chave, None if sem_cadastro else paciente, nome, situacao, quando - timedelta(days=3), quando, quando if feita else None,
            quando if feita else None, quando - timedelta(days=1) if situacao == "C" else None, sala[2], sala[0], self._um("SN"), None,
        ))  # fmt: skip
        for n in range(1 + int(self.rng.random() < 0.2)):
            cirurgia = self._um(t.CIRURGIAS_MV)[0]
            item = item if n == 0 else self._novo("cirurgia_aviso")
            lote["cirurgia_aviso"].append((item, aviso, cirurgia, "N" if n else "S", 1, self._um((None, "DIREITA", "ESQUERDA"))))
            for atividade in ("01", "02"):
                lote["prestador_aviso"].append((item, atividade, self._prof(), aviso, cirurgia, "S" if atividade == "01" else "N"))
        lote["age_cir"].append(
            (self._novo("age_cir"), quando, quando + timedelta(minutes=minutos), sala[0], aviso, "N", duracao(minutos), duracao(30), "N")
        )


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> int:
    """Fill a hospital that is still empty; the same rows for the same arguments. Returns how many rows were written."""
    return povoar(
        dsn,
        Gerador(atendimentos, semente, casos_de_borda).lotes(),
        COLUNAS,
        prefixo="dbamv.",
        atendimentos=("atendime", atendimentos),
        progresso=progresso,
        indices=INDICES,
        antes=["delete from dbamv.leito"],
        depois=[
            f"select setval('dbamv.seq_{tabela}', max({chave})) from dbamv.{tabela} having count(*) > 0"
            for tabela, chave in SEQUENCIAS.items()
        ],
    )
