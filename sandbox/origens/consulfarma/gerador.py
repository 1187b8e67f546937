"""Fills a sandbox Consulfarma: rows are made in batches from pools of clinical content and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.origens.base import Progresso
from sandbox.origens.consulfarma import textos as t
from sandbox.origens.consulfarma.esquema import indices
from sandbox.origens.pessoas import REFERENCIA, GeradorPessoas, Pessoa, cns_de, cpf_de
from sandbox.origens.povoamento import Lote, em_lotes, povoar

PACIENTES_POR_ATENDIMENTO = 0.4
UNIDADES, PROFISSIONAIS = 8, 120
_HISTORICO = timedelta(days=3 * 365)
_FIM = datetime(REFERENCIA.year, REFERENCIA.month, REFERENCIA.day)
COLUNAS = {
    "Unidade": "UnidadeId, Cnes, Nome",
    "Profissional": "ProfissionalId, Nome, Cpf, Cns, Cbo, Conselho, NumeroConselho, UfConselho",
    "Paciente": "PacienteId, Nome, NomeSocial, NomeMae, NomePai, DataNascimento, Sexo, RacaCor, Cpf, Cns, Logradouro, Numero, Complemento, Bairro,"
    " Cep, Municipio, CodigoIbge, Uf, Celular, Telefone, Email, AtualizadoEm",
    "Alergia": "PacienteId, Substancia, Categoria, Gravidade, Nega, Reacao, DataInicio, Ativa, AtualizadoEm",
    "Vacina": "PacienteId, ProfissionalId, ImunobiologicoCodigo, Nome, Dose, Estrategia, ViaAplicacao, LocalAplicacao, Lote, Fabricante,"
    " ValidadeLote, AplicadaEm, Aprazamento, RegistroAnterior, AtualizadoEm",
    "Atendimento": "AtendimentoId, PacienteId, UnidadeId, ProfissionalId, Tipo, Situacao, Carater, DataInicio, DataFim, DataAltaMedica, MotivoAlta,"
    " QueixaPrincipal, Setor, Leito, Especialidade, Convenio, Excluido, CriadoEm, AtualizadoEm",
    "Cirurgia": "AtendimentoId, ProfissionalId, ProcedimentoCodigo, Descricao, Situacao, InicioEm, FimEm, Principal, Lateralidade, Sala, AtualizadoEm",
    "Diagnostico": "AtendimentoId, ProfissionalId, Cid10, Descricao, Tipo, RegistradoEm, Observacao, AtualizadoEm",
    "ExameAmbulatorial": "ExameId, AtendimentoId, ProfissionalId, ProcedimentoCodigo, Nome, SolicitadoEm, RealizadoEm, ResultadoEm, Laudo, AtualizadoEm",
    "ExameResultado": "ExameId, AtendimentoId, Ordem, Nome, Valor, ValorNumerico, UnidadeMedida, Referencia, AtualizadoEm",
    "PrescricaoMedicamento": "AtendimentoId, ProfissionalId, MedicamentoCodigo, Nome, Concentracao, Dose, UnidadeDose, ViaAdministracao, Frequencia,"
    " Posologia, Quantidade, UsoContinuo, DataInicio, DataFim, PrescritoEm, Suspenso, AtualizadoEm",
}
"""Columns that are written, by table, in an order that keeps foreign keys."""


def linha_paciente(p: Pessoa) -> tuple[Any, ...]:
    """Values of a person for the columns of ``Paciente`` between key and marker."""
    return (p.nome, p.nome_social, p.nome_mae, p.nome_pai, p.nascimento, p.sexo, t.RACAS[p.raca], p.cpf, p.cns, p.logradouro, p.numero,
            p.complemento, p.bairro, p.cep, p.municipio, p.codigo_ibge, p.uf, p.celular, p.telefone, p.email)  # fmt: skip


def cadastros() -> Lote:
    """Units and professionals: the same for every seed."""
    lote: Lote = defaultdict(list)
    pessoas = GeradorPessoas(77, borda=0)
    lote["Unidade"] = [(n, f"{2_400_000 + n * 7:07d}", f"Unidade de Saúde {n}") for n in range(1, UNIDADES + 1)]
    for n in range(1, PROFISSIONAIS + 1):
        cbo, conselho = t.CARGOS[n % len(t.CARGOS)]
        completo = n % 10 != 0
        lote["Profissional"].append((n, pessoas.nome("F" if n % 2 else "M"), cpf_de(500_000_000 + n * 997) if completo else None,
                                     cns_de(400_000_000 + n * 991) if completo else None, cbo, conselho, str(10_000 + n), "BA"))  # fmt: skip
    return lote


class Gerador:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, casos_de_borda: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_POR_ATENDIMENTO))
        self.rng = random.Random(f"consulfarma-{semente}")
        self.pessoas = GeradorPessoas(semente, borda=0.02 if casos_de_borda else 0)
        self.borda = 0.02 if casos_de_borda else 0.0

    def lotes(self) -> Iterator[Lote]:
        yield cadastros()
        yield from em_lotes(self.pacientes, self._paciente)
        yield from em_lotes(self.atendimentos, self._atendimento)

    def _um(self, itens: Any) -> Any:
        return itens[int(self.rng.random() * len(itens))]

    def _quantos(self, media: float) -> int:
        # Geometric: many have none or one, a few have a long list.
        quantos, p = 0, media / (1 + media)
        while quantos < 40 and self.rng.random() < p:
            quantos += 1
        return quantos

    def _momento(self) -> datetime:
        return _FIM - timedelta(milliseconds=int(self.rng.random() * 86_400_000 * _HISTORICO.days))

    def _prof(self) -> int | None:
        return 1 + int(self.rng.random() * PROFISSIONAIS) if self.rng.random() < 0.9 else None

    def _paciente(self, chave: int, lote: Lote) -> None:
        sorteio, marcador = self.rng.random, self._momento()
        lote["Paciente"].append((chave, *linha_paciente(self.pessoas.pessoa()), marcador))
        for _ in range(self._quantos(0.35)):
            substancia, categoria = self._um(t.ALERGIAS)
            lote["Alergia"].append((chave, substancia, categoria, self._um(("G", "M", "L", "D", None)), int(sorteio() < 0.03), self._um(t.REACOES),
                                    self._dia(marcador) if sorteio() < 0.3 else None, int(sorteio() < 0.9), marcador))  # fmt: skip
        for _ in range(self._quantos(0.8)):
            codigo, nome = self._um(t.VACINAS)
            cheia = sorteio() < 0.85
            aplicada = self._momento()
            lote["Vacina"].append((chave, self._prof(), codigo, nome if cheia else None, self._um(("1", "2", "3", "R", None)), self._um(("1", "2", "5", None)),
                                   self._um(("IM", "SC", "ID", None)), self._um(("DD", "DE", None)), f"L{int(sorteio() * 99999):05d}" if cheia else None,
                                   "Fabricante Exemplo" if cheia else None, self._dia(aplicada + timedelta(days=400)) if cheia else None,
                                   aplicada if cheia else None, None, int(not cheia), marcador))  # fmt: skip

    @staticmethod
    def _dia(momento: datetime) -> date:
        return momento.date()

    def _atendimento(self, chave: int, lote: Lote) -> None:
        sorteio = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        inicio = _FIM - _HISTORICO + timedelta(milliseconds=int((chave - sorteio()) / self.atendimentos * 86_400_000 * _HISTORICO.days))
        marcador = min(inicio + timedelta(milliseconds=int(sorteio() ** 3 * 864_000_000)), _FIM - timedelta(milliseconds=1))
        vazio = sorteio() < self.borda
        if sorteio() < self.borda:
            # A nightly job touched many rows in one statement: equal markers, more than a small page holds.
            marcador = max(marcador.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1), inicio)
            marcador = min(marcador, _FIM)
        tipo = "A" if (x := sorteio()) < 0.55 else "U" if x < 0.8 else "I" if x < 0.95 else "E" if x < 0.98 else "D"
        aberto = chave > self.atendimentos * 0.97
        situacao = "C" if (x := sorteio()) < 0.02 else ("E" if x < 0.6 else "A") if aberto else "F"
        fim = None if situacao != "F" else inicio + timedelta(minutes=20 + int(sorteio() * (200 if tipo in "AE" else 9000)))
        queixa = self._um(t.ESTRANHOS) if sorteio() < self.borda else self._um(t.QUEIXAS)
        lote["Atendimento"].append((
            chave, 1 + int(sorteio() * self.pacientes), *((None, None) if vazio else (1 + int(sorteio() * UNIDADES), self._prof())), tipo, situacao,
            None if vazio else ("U" if tipo == "U" else "E"), inicio, fim, fim if fim and tipo == "I" and not vazio else None,
            "12" if fim and tipo == "I" and not vazio else None,
            *((None,) * 5 if vazio else (queixa, self._um(t.SETORES), f"{100 + int(sorteio() * 300)}-{'AB'[chave % 2]}" if tipo == "I" else None,
                                         self._um(t.ESPECIALIDADES), self._um(t.CONVENIOS))),
            int(sorteio() < 0.005), inicio, marcador,
        ))  # fmt: skip
        if not vazio:
            self._clinico(chave, tipo, inicio, marcador, lote)

    def _clinico(self, chave: int, tipo: str, inicio: datetime, marcador: datetime, lote: Lote) -> None:
        sorteio, prof = self.rng.random, self._prof()
        for n in range(self._quantos(1.4)):
            cid, descricao = self._um(t.DIAGNOSTICOS)
            lote["Diagnostico"].append((chave, prof, cid, descricao if sorteio() < 0.9 else None, "P" if n == 0 else self._um("SDR"),
                                        inicio, self._um(t.ESTRANHOS) if sorteio() < self.borda else None, marcador))  # fmt: skip
        for _ in range(self._quantos(1.6)):
            medicamento = self._um(t.MEDICAMENTOS)
            dia = inicio.date()
            lote["PrescricaoMedicamento"].append((chave, prof, *medicamento, int(sorteio() < 0.2), dia, dia + timedelta(days=7) if sorteio() < 0.7 else None,
                                                  inicio, int(sorteio() < 0.05), marcador))  # fmt: skip
        for _ in range(self._quantos(0.6)):
            procedimento, nome, medidas = self._um(t.EXAMES)
            exame = f"{self.rng.getrandbits(128):032x}"
            pronto = inicio + timedelta(minutes=45)
            lote["ExameAmbulatorial"].append((exame, chave, prof, procedimento, nome, inicio, pronto, pronto if medidas else None,
                                              None if medidas else self._um(t.LAUDOS), marcador))  # fmt: skip
            for ordem, medida in enumerate(medidas, 1):
                lote["ExameResultado"].append((exame, chave, ordem, *self.resultado(medida), marcador))
        if tipo in "IU" and sorteio() < 0.15:
            procedimento, nome = self._um(t.CIRURGIAS)
            lote["Cirurgia"].append((chave, prof, procedimento, nome, "R", inicio + timedelta(hours=2), inicio + timedelta(hours=4), 1,
                                     self._um((None, "Direita", "Esquerda")), f"Sala {1 + int(sorteio() * 6)}", marcador))  # fmt: skip

    def resultado(self, medida: tuple[Any, ...]) -> tuple[Any, ...]:
        """Nome, Valor, ValorNumerico, UnidadeMedida, Referencia; the number is in one column, in the other, or in both."""
        nome, unidade, referencia, menor, maior, casas = medida
        if casas < 0:
            return (nome, "Não reagente" if self.rng.random() < 0.97 else "Reagente", None, unidade, referencia)
        valor = round(menor + self.rng.random() * (maior - menor), casas) if casas else int(menor + self.rng.random() * (maior - menor))
        texto = str(valor).replace(".", ",") if self.rng.random() < 0.7 else None
        return (nome, texto, None if texto and self.rng.random() < 0.5 else valor, unidade, referencia)


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> int:
    """Fill an empty schema; the same rows for the same arguments. Returns how many rows were written."""
    return povoar(
        dsn,
        Gerador(atendimentos, semente, casos_de_borda).lotes(),
        COLUNAS,
        prefixo="dbo.",
        atendimentos=("Atendimento", atendimentos),
        progresso=progresso,
        indices=indices(),
        depois=[
            f"select setval(pg_get_serial_sequence('dbo.{tabela.lower()}', '{tabela.lower()}id'), max({tabela}Id)) from dbo.{tabela}"
            for tabela in ("Unidade", "Profissional", "Paciente", "Atendimento")
        ],
    )
