"""A hospital at work: one change at a time, in the caller's transaction. Nothing records when: versions count up, that is all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Esperado, Mudanca, um
from sandbox.origens.consulfarma import textos as c
from sandbox.origens.mv.textos import evolucao
from sandbox.origens.pessoas import GeradorPessoas
from sandbox.origens.sotech import textos as t
from sandbox.origens.sotech.gerador import COLUNAS, aferir, linha_paciente, resultado

RECENTES = 5000
"""A hospital edits what is recent: the newest attendances, the newer the likelier."""
_CHAVES = {tabela: colunas.split(", ")[0] for tabela, colunas in COLUNAS.items()}
DETALHES = {
    "movimentacao": "sotech.ate_movimentacao_leito", "anamnese": "pep.ate_subjetivo", "evolucao": "pep.ate_evolucao",
    "diagnostico": "pep.ate_diagnostico", "sinais": "pep.ate_sinalvital", "prescricao": "pep.ate_prescricao", "exame": "pep.ate_exame",
}  # fmt: skip
"""Kind of edit → table whose rows name their attendance."""


def inserir(con: Any, tabela: str, *valores: Any, **mais: Any) -> int:
    """Insert one row: ``valores`` of the columns after the key as COLUNAS lists them, then ``mais``. Returns its key."""
    colunas = [*COLUNAS[tabela].split(", ")[1 : 1 + len(valores)], *mais]
    sql = f"insert into {tabela} ({', '.join(colunas)}) values ({', '.join(['%s'] * len(colunas))}) returning {_CHAVES[tabela]}"
    return int(um(con, sql, *valores, *mais.values())[0])


def agora(con: Any) -> Any:
    return um(con, "select sotech.sys_agora()")[0]


def novo_paciente(con: Any, rng: random.Random) -> int:
    pessoa = GeradorPessoas(rng.getrandbits(48), borda=0).pessoa()
    chave = inserir(con, "sotech.cdg_paciente", *linha_paciente(pessoa, 1 + rng.randrange(len(t.BAIRROS))))
    if pessoa.celular:
        inserir(con, "sotech.cdg_contato", chave, pessoa.celular, pessoa.telefone, pessoa.email)
    return chave


def novo_atendimento(con: Any, rng: random.Random, paciente: int) -> int:
    """An attendance that started some minutes ago."""
    tipo = rng.choice((1, 1, 1, 3, 3, 2))
    inicio = agora(con) - timedelta(minutes=rng.randint(0, 30))
    leito = 1 + rng.randrange(t.LEITOS) if tipo == 2 else None
    chave = inserir(con, "sotech.ate_atendimento", tipo, paciente, 1 + rng.randrange(t.UNIDADES), leito,
                    1 + rng.randrange(len(t.ESPECIALIDADES)), 1 + rng.randrange(t.PROFISSIONAIS), None, None, inicio, None, rng.choice(c.QUEIXAS))  # fmt: skip
    if leito is not None:
        posto = t.posto_do_leito(leito)
        inserir(con, "sotech.ate_movimentacao_leito", chave, posto, None, posto, leito, "I", inicio, None, "A")
    return chave


def _recente(con: Any, rng: random.Random) -> tuple[int, int] | None:
    ultimo = um(con, "select max(pkatendimento) from sotech.ate_atendimento")[0] or 0
    alvo = ultimo - int(rng.random() ** 2 * min(ultimo, RECENTES))
    return um(con, "select pkatendimento, fkpaciente from sotech.ate_atendimento where pkatendimento <= %s and ativo"
                   " order by pkatendimento desc limit 1 for update skip locked", alvo)  # fmt: skip


def _prof(rng: random.Random) -> int:
    return 1 + rng.randrange(t.PROFISSIONAIS)


def _anamnese(con: Any, rng: random.Random, chave: int, _: int) -> None:
    inserir(
        con,
        "pep.ate_subjetivo",
        chave,
        _prof(rng),
        agora(con),
        rng.choice(c.QUEIXAS),
        f"Relato {rng.randint(1, 10**6)}: {rng.choice(t.HISTORIAS)}",
    )


def _evolucao(con: Any, rng: random.Random, chave: int, _: int) -> None:
    inserir(con, "pep.ate_evolucao", chave, _prof(rng), agora(con), rng.choice(t.TIPOS_EVOLUCAO), evolucao(rng))


def _diagnostico(con: Any, rng: random.Random, chave: int, _: int) -> None:
    inserir(con, "pep.ate_diagnostico", chave, _prof(rng), 1 + rng.randrange(len(t.CIDS)), agora(con), rng.choice("PSDR"))


def _principal(con: Any, rng: random.Random, chave: int, _: int) -> None:
    um(con, "update sotech.ate_atendimento set fkcidprincipal = 1 + coalesce(fkcidprincipal, %s) %% %s where pkatendimento = %s",
       rng.randrange(len(t.CIDS)), len(t.CIDS), chave)  # fmt: skip


def _sinais(con: Any, rng: random.Random, chave: int, _: int) -> None:
    inserir(con, "pep.ate_sinalvital", chave, _prof(rng), agora(con), *aferir(rng))


def _prescricao(con: Any, rng: random.Random, chave: int, _: int) -> None:
    receita = inserir(con, "pep.ate_prescricao", chave, _prof(rng), agora(con))
    for _n in range(1 + rng.randrange(3)):
        inserir(con, "pep.ate_prescricao_item", receita, *rng.choice(c.MEDICAMENTOS), agora(con).date())


def _suspensao(con: Any, rng: random.Random, chave: int, paciente: int) -> None:
    """Suspend or delete the newest medicine."""
    mudou = um(
        con,
        f"update pep.ate_prescricao_item set {rng.choice(('suspenso = true', 'ativo = false'))} where pkprescricaoitem = (select max(pkprescricaoitem)"
        " from pep.ate_prescricao_item i join pep.ate_prescricao p on p.pkprescricao = i.fkprescricao where p.fkatendimento = %s and p.ativo"
        " and i.ativo and not i.suspenso) returning 1",
        chave,
    )
    if mudou is None:
        _prescricao(con, rng, chave, paciente)


def _exame(con: Any, rng: random.Random, chave: int, _: int) -> None:
    n = rng.randrange(len(c.EXAMES))
    inserir(con, "pep.ate_exame", chave, _prof(rng), n + 1, agora(con), agora(con), None, None if c.EXAMES[n][2] else rng.choice(c.LAUDOS))


def _resultado(con: Any, rng: random.Random, chave: int, paciente: int) -> None:
    """Results of the newest exam that has none yet."""
    exame = um(con, "select pkexame, fkprocedimento from pep.ate_exame e where fkatendimento = %s and ativo and not exists"
                    " (select 1 from pep.ate_exame_resultado r where r.fkexame = e.pkexame) order by 1 desc limit 1", chave)  # fmt: skip
    if exame is None or not c.EXAMES[exame[1] - 1][2]:
        _exame(con, rng, chave, paciente)
        return
    for ordem, medida in enumerate(c.EXAMES[exame[1] - 1][2], 1):
        inserir(con, "pep.ate_exame_resultado", exame[0], ordem, *resultado(rng, medida))
    um(con, "update pep.ate_exame set dataresultado = sotech.sys_agora() where pkexame = %s", exame[0])


def _movimentacao(con: Any, rng: random.Random, chave: int, _: int) -> None:
    """Move to another bed: the open stay is closed, the next one begins."""
    antes = um(con, "update sotech.ate_movimentacao_leito set datafechamento = sotech.sys_agora(), estado = 'F'"
                    " where fkatendimento = %s and estado = 'A' and ativo returning fkpostodestino, fkleitodestino", chave)  # fmt: skip
    leito = 1 + rng.randrange(t.LEITOS)
    posto = t.posto_do_leito(leito)
    origem, anterior = antes or (posto, None)
    inserir(con, "sotech.ate_movimentacao_leito", chave, origem, anterior, posto, leito, "T" if antes else None, agora(con), None, "A")
    um(con, "update sotech.ate_atendimento set fkleito = %s where pkatendimento = %s", leito, chave)


def _alta(con: Any, rng: random.Random, chave: int, _: int) -> None:
    um(con, "update sotech.ate_atendimento set datasaida = sotech.sys_agora() where pkatendimento = %s", chave)
    um(con, "update sotech.ate_movimentacao_leito set datafechamento = sotech.sys_agora(), estado = 'F'"
            " where fkatendimento = %s and estado = 'A'", chave)  # fmt: skip


_EDICOES: tuple[tuple[str, int, Callable[[Any, random.Random, int, int], None]], ...] = (
    ("prescricao", 16, _prescricao), ("evolucao", 18, _evolucao), ("sinais", 18, _sinais), ("diagnostico", 8, _diagnostico),
    ("principal", 6, _principal), ("anamnese", 8, _anamnese), ("exame", 8, _exame), ("resultado", 8, _resultado),
    ("suspensao", 6, _suspensao), ("movimentacao", 6, _movimentacao), ("alta", 8, _alta),
)  # fmt: skip


def _paciente(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    coluna, valor = rng.choice((("numero", str(rng.randint(1, 5000))), ("complemento", f"Casa {rng.randint(1, 999)}")))
    um(con, f"update sotech.cdg_paciente set {coluna} = %s where pkpaciente = %s", valor, paciente)


def _contato(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    celular = f"719{rng.randint(80_000_000, 99_999_999)}"
    mudou = um(con, "update sotech.cdg_contato set celular1 = %s where fkpaciente = %s and ativo returning 1", celular, paciente)
    if mudou is None:
        inserir(con, "sotech.cdg_contato", paciente, celular)


_DO_PACIENTE = {"paciente": _paciente, "contato": _contato}
TIPOS = (*(nome for nome, _, _ in _EDICOES), *_DO_PACIENTE)
"""Kinds of edit."""


def editar(con: Any, rng: random.Random, tipo: str, chave: int, paciente: int) -> Mudanca:
    """One edit of a named kind on a chosen attendance."""
    ({nome: funcao for nome, _, funcao in _EDICOES} | _DO_PACIENTE)[tipo](con, rng, chave, paciente)
    afetadas = [chave]
    if tipo in _DO_PACIENTE:
        with con.cursor() as cur:
            cur.execute("select pkatendimento from sotech.ate_atendimento where fkpaciente = %s and ativo order by 1", (paciente,))
            afetadas = [linha[0] for linha in cur]
    return Mudanca(str(chave), "alteracao", tipo, str(paciente), tuple(map(str, afetadas)))


def cancelar(con: Any, chave: int, paciente: int) -> Mudanca:
    """Deleted the product's way: inactive."""
    um(con, "update sotech.ate_atendimento set ativo = false where pkatendimento = %s", chave)
    return Mudanca(str(chave), "exclusao", "cancelamento", str(paciente), (str(chave),))


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change; the caller commits."""
    sorte = rng.random()
    alvo = _recente(con, rng) if sorte >= 0.4 else None
    if alvo is None:
        conhecido = _recente(con, rng) if rng.random() < 0.5 else None
        paciente = conhecido[1] if conhecido else novo_paciente(con, rng)
        chave = novo_atendimento(con, rng, paciente)
        return Mudanca(str(chave), "inclusao", "admissao", str(paciente), (str(chave),))
    if sorte < 0.85:
        (tipo,) = rng.choices([e[0] for e in _EDICOES], [e[1] for e in _EDICOES])
        return editar(con, rng, tipo, *alvo)
    return editar(con, rng, rng.choice(tuple(_DO_PACIENTE)), *alvo) if sorte < 0.95 else cancelar(con, *alvo)


def chaves(con: Any) -> Iterator[Esperado]:
    """Every attendance with its expected state, ordered by key; streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute(
            "select pkatendimento, fkpaciente, case when ativo then 'alteracao' else 'exclusao' end from sotech.ate_atendimento order by 1"
        )
        for chave, paciente, operacao in cur:
            yield Esperado(str(chave), str(paciente), operacao)


def remover(con: Any, chave: str) -> None:
    """Take an attendance away for good, with all it has: no row is left that could say so."""
    for filha, mae in (("exame_resultado", "exame"), ("prescricao_item", "prescricao")):
        um(con, f"delete from pep.ate_{filha} where fk{mae} in (select pk{mae} from pep.ate_{mae} where fkatendimento = %s)", int(chave))
    for tabela in (*DETALHES.values(),):
        um(con, f"delete from {tabela} where fkatendimento = %s", int(chave))
    um(con, "delete from sotech.ate_atendimento where pkatendimento = %s", int(chave))
