"""Fills a sandbox Sotech: rows are made in batches and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progresso
from sandbox.origens.consulfarma import textos as c
from sandbox.origens.mv.textos import evolucao
from sandbox.origens.pessoas import MUNICIPIOS, REFERENCIA, GeradorPessoas, Pessoa
from sandbox.origens.povoamento import Lote, em_lotes, povoar
from sandbox.origens.sotech import textos as t

PACIENTES_POR_ATENDIMENTO = 0.4
_HISTORICO = timedelta(days=3 * 365)
_FIM = datetime(REFERENCIA.year, REFERENCIA.month, REFERENCIA.day)
_IBGE = {m[0]: n for n, m in enumerate(MUNICIPIOS, 1)}
_UF = {uf: n for n, uf in enumerate(t.UFS, 1)}
COLUNAS = {
    "sotech.cdg_paciente": "pkpaciente, paciente, cpf, cns, datanascimento, fksexo, mae, pai, endereco, numero, complemento, fkbairro, fkcidade, fkuf",
    "sotech.cdg_contato": "pkcontato, fkpaciente, celular1, celular2, email",
    "sotech.ate_atendimento": "pkatendimento, fktipoatendimento, fkpaciente, fkunidadesaude, fkleito, fkespecialidade, fkprofissionalatendimento,"
    " fkcidprincipal, fkcidsecundario, dataentrada, datasaida, queixaprincipal, ativo",
    "sotech.ate_movimentacao_leito": "pkmovimentacaoleito, fkatendimento, fkpostoorigem, fkleitoorigem, fkpostodestino, fkleitodestino, tipo,"
    " dataabertura, datafechamento, estado",
    "pep.ate_subjetivo": "pksubjetivo, fkatendimento, fkinterveniente, datahora, queixaprincipal, subjetivo",
    "pep.ate_evolucao": "pkevolucao, fkatendimento, fkinterveniente, datahora, tipo, evolucao",
    "pep.ate_diagnostico": "pkdiagnostico, fkatendimento, fkinterveniente, fkcid, datahora, tipo, observacao",
    "pep.ate_sinalvital": "pksinalvital, fkatendimento, fkinterveniente, datahora, pressaosistolica, pressaodiastolica, frequenciacardiaca,"
    " frequenciarespiratoria, temperatura, saturacao, glicemia, peso, altura, dor",
    "pep.ate_prescricao": "pkprescricao, fkatendimento, fkinterveniente, datahora",
    "pep.ate_prescricao_item": "pkprescricaoitem, fkprescricao, codmedicamento, medicamento, concentracao, dose, unidadedose, via, frequencia,"
    " posologia, quantidade, datainicio, datafim, suspenso",
    "pep.ate_exame": "pkexame, fkatendimento, fkinterveniente, fkprocedimento, datasolicitacao, datarealizacao, dataresultado, laudo",
    "pep.ate_exame_resultado": "pkexameresultado, fkexame, ordem, resultado, valor, unidade, referencia",
}
"""Columns that are written, by table, in an order that keeps foreign keys. The first is the key."""


def linha_paciente(p: Pessoa, bairro: int) -> tuple[Any, ...]:
    """Values of a person for the columns of ``cdg_paciente`` after its key."""
    mora = p.logradouro is not None
    return (p.nome, p.cpf, p.cns, p.nascimento, t.SEXO_DE[p.sexo], p.nome_mae, p.nome_pai, p.logradouro, p.numero, p.complemento,
            bairro if mora else None, _IBGE.get(p.codigo_ibge or ""), _UF.get(p.uf or ""))  # fmt: skip


def aferir(rng: random.Random) -> tuple[Any, ...]:
    """Values of one row of vital signs, after its moment."""
    s = rng.random
    alta = 95 + int(s() * 80)
    return (
        alta, alta - 30 - int(s() * 20), 50 + int(s() * 80), 12 + int(s() * 14), f"{35 + s() * 5:.1f}", 88 + int(s() * 13),
        70 + int(s() * 200) if s() < 0.4 else None, f"{42 + s() * 60:.1f}" if s() < 0.5 else None, 145 + int(s() * 50) if s() < 0.4 else None,
        int(s() * 11) if s() < 0.5 else None,
    )  # fmt: skip


class Gerador:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, casos_de_borda: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_POR_ATENDIMENTO))
        self.rng = random.Random(f"sotech-{semente}")
        self.pessoas = GeradorPessoas(semente, borda=0.02 if casos_de_borda else 0)
        self.borda = 0.02 if casos_de_borda else 0.0
        self._chaves: defaultdict[str, int] = defaultdict(int)

    def lotes(self) -> Iterator[Lote]:
        yield from em_lotes(self.pacientes, self._paciente)
        yield from em_lotes(self.atendimentos, self._atendimento)

    def _novo(self, lote: Lote, tabela: str, *valores: Any) -> int:
        self._chaves[tabela] += 1
        lote[tabela].append((self._chaves[tabela], *valores))
        return self._chaves[tabela]

    def _um(self, itens: Any) -> Any:
        return itens[int(self.rng.random() * len(itens))]

    def _quantos(self, media: float) -> int:
        # Geometric: many have none or one, a few have a long list.
        quantos, p = 0, media / (1 + media)
        while quantos < 40 and self.rng.random() < p:
            quantos += 1
        return quantos

    def _paciente(self, chave: int, lote: Lote) -> None:
        pessoa = self.pessoas.pessoa()
        lote["sotech.cdg_paciente"].append((chave, *linha_paciente(pessoa, 1 + int(self.rng.random() * len(t.BAIRROS)))))
        if pessoa.celular or pessoa.telefone or pessoa.email:
            self._novo(lote, "sotech.cdg_contato", chave, pessoa.celular, pessoa.telefone, pessoa.email)

    def _atendimento(self, chave: int, lote: Lote) -> None:
        sorteio = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        inicio = _FIM - _HISTORICO + timedelta(milliseconds=int((chave - sorteio()) / self.atendimentos * 86_400_000 * _HISTORICO.days))
        vazio = sorteio() < self.borda
        tipo = 1 if (x := sorteio()) < 0.5 else 3 if x < 0.75 else 2 if x < 0.95 else 4 if x < 0.98 else 5
        aberto = chave > self.atendimentos * 0.97
        fim = None if aberto else inicio + timedelta(minutes=20 + int(sorteio() * (200 if tipo in (1, 4) else 9000)))
        leito = 1 + int(sorteio() * t.LEITOS) if tipo == 2 else None
        prof = None if vazio or sorteio() < 0.1 else 1 + int(sorteio() * t.PROFISSIONAIS)
        queixa = self._um(c.ESTRANHOS) if sorteio() < self.borda else self._um(c.QUEIXAS)
        cids = [1 + int(sorteio() * len(t.CIDS)) if sorteio() < parte else None for parte in (0.7, 0.15)]
        lote["sotech.ate_atendimento"].append((
            chave, tipo, 1 + int(sorteio() * self.pacientes), 1 + int(sorteio() * t.UNIDADES), leito,
            *((None,) * 4 if vazio else (1 + int(sorteio() * len(t.ESPECIALIDADES)), prof, *cids)), inicio, fim, None if vazio else queixa,
            sorteio() >= 0.01,
        ))  # fmt: skip
        if leito is not None:
            self._leitos(chave, leito, inicio, fim, lote)
        if not vazio:
            self._clinico(chave, prof, inicio, lote)

    def _leitos(self, chave: int, leito: int, inicio: datetime, fim: datetime | None, lote: Lote) -> None:
        tabela, posto = "sotech.ate_movimentacao_leito", t.posto_do_leito(leito)
        if self.rng.random() < 0.7:
            self._novo(lote, tabela, chave, posto, None, posto, leito, "I", inicio, fim, "F" if fim else "A")
            return
        antes, troca = 1 + int(self.rng.random() * t.LEITOS), inicio + timedelta(minutes=15)
        origem = t.posto_do_leito(antes)
        self._novo(lote, tabela, chave, origem, None, origem, antes, None, inicio, troca, "F")
        self._novo(lote, tabela, chave, origem, antes, posto, leito, "T", troca, fim, "F" if fim else "A")
        if self.rng.random() < 0.1:
            self._novo(lote, tabela, chave, posto, leito, origem, antes, "T", troca, None, "C")

    def _clinico(self, chave: int, prof: int | None, inicio: datetime, lote: Lote) -> None:
        sorteio = self.rng.random
        if sorteio() < 0.5:
            self._novo(lote, "pep.ate_subjetivo", chave, prof, inicio, self._um(c.QUEIXAS), self._um(t.HISTORIAS))
        for _ in range(self._quantos(0.7)):
            self._novo(lote, "pep.ate_evolucao", chave, prof, inicio, self._um(t.TIPOS_EVOLUCAO), evolucao(self.rng))
        for _ in range(self._quantos(0.4)):
            estranho = self._um(c.ESTRANHOS) if sorteio() < self.borda else None
            self._novo(lote, "pep.ate_diagnostico", chave, prof, 1 + int(sorteio() * len(t.CIDS)), inicio, self._um("PSDR"), estranho)
        for n in range(self._quantos(0.9)):
            self._novo(lote, "pep.ate_sinalvital", chave, prof, inicio + timedelta(hours=n), *aferir(self.rng))
        if itens := self._quantos(1.2):
            receita = self._novo(lote, "pep.ate_prescricao", chave, prof, inicio)
            for _ in range(itens):
                dia = inicio.date()
                fim = dia + timedelta(days=7) if sorteio() < 0.7 else None
                self._novo(lote, "pep.ate_prescricao_item", receita, *self._um(c.MEDICAMENTOS), dia, fim, sorteio() < 0.05)
        for _ in range(self._quantos(0.5)):
            n = int(sorteio() * len(c.EXAMES))
            medidas, pronto = c.EXAMES[n][2], inicio + timedelta(minutes=45)
            laudo = None if medidas else self._um(c.LAUDOS)
            exame = self._novo(lote, "pep.ate_exame", chave, prof, n + 1, inicio, pronto, pronto if medidas else None, laudo)
            for ordem, medida in enumerate(medidas, 1):
                self._novo(lote, "pep.ate_exame_resultado", exame, ordem, *resultado(self.rng, medida))


def resultado(rng: random.Random, medida: tuple[Any, ...]) -> tuple[Any, ...]:
    """resultado, valor, unidade, referencia of one analyte."""
    nome, unidade, referencia, menor, maior, casas = medida
    if casas < 0:
        return nome, "Não reagente" if rng.random() < 0.97 else "Reagente", unidade, referencia
    return nome, f"{menor + rng.random() * (maior - menor):.{casas}f}".replace(".", ","), unidade, referencia


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> int:
    """Fill an empty schema; the same rows (uuids aside) for the same arguments. Returns how many were written."""
    chaves = {tabela: colunas.split(", ")[0] for tabela, colunas in COLUNAS.items()}
    return povoar(
        dsn,
        Gerador(atendimentos, semente, casos_de_borda).lotes(),
        COLUNAS,
        prefixo="",
        atendimentos=("sotech.ate_atendimento", atendimentos),
        progresso=progresso,
        depois=[
            f"select setval(pg_get_serial_sequence('{tabela}', '{chave}'), greatest(max({chave}), 1)) from {tabela}"
            for tabela, chave in chaves.items()
        ],
    )
