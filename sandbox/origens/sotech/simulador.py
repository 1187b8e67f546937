"""A hospital at work: one change at a time, in the caller's transaction. Nothing records when: versions count up, that is all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Change, Expected, one
from sandbox.origens.consulfarma import textos as c
from sandbox.origens.mv.textos import evolucao
from sandbox.origens.pessoas import PersonGenerator
from sandbox.origens.sotech import textos as t
from sandbox.origens.sotech.gerador import COLUMNS, paciente_row, result, take_measurements

RECENT = 5000
"""A hospital edits what is recent: the newest attendances, the newer the likelier."""
_KEYS = {table: columns.split(", ")[0] for table, columns in COLUMNS.items()}
DETAILS = {
    "movimentacao": "sotech.ate_movimentacao_leito", "anamnese": "pep.ate_subjetivo", "evolucao": "pep.ate_evolucao",
    "diagnostico": "pep.ate_diagnostico", "sinais": "pep.ate_sinalvital", "prescricao": "pep.ate_prescricao", "exame": "pep.ate_exame",
}  # fmt: skip
"""Kind of edit → table whose rows name their attendance."""


def insert(con: Any, tabela: str, *values: Any, **more: Any) -> int:
    """Insert one row: ``values`` of the columns after the key as COLUNAS lists them, then ``more``. Returns its key."""
    columns = [*COLUMNS[tabela].split(", ")[1 : 1 + len(values)], *more]
    sql = f"insert into {tabela} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))}) returning {_KEYS[tabela]}"
    return int(one(con, sql, *values, *more.values())[0])


def now(con: Any) -> Any:
    return one(con, "select sotech.sys_agora()")[0]


def new_paciente(con: Any, rng: random.Random) -> int:
    person = PersonGenerator(rng.getrandbits(48), edge=0).person()
    key = insert(con, "sotech.cdg_paciente", *paciente_row(person, 1 + rng.randrange(len(t.DISTRICTS))))
    if person.celular:
        insert(con, "sotech.cdg_contato", key, person.celular, person.telefone, person.email)
    return key


def new_atendimento(con: Any, rng: random.Random, paciente: int) -> int:
    """An attendance that started some minutes ago."""
    kind = rng.choice((1, 1, 1, 3, 3, 2))
    start = now(con) - timedelta(minutes=rng.randint(0, 30))
    leito = 1 + rng.randrange(t.LEITOS) if kind == 2 else None
    key = insert(con, "sotech.ate_atendimento", kind, paciente, 1 + rng.randrange(t.UNITS), leito,
                    1 + rng.randrange(len(t.SPECIALTIES)), 1 + rng.randrange(t.PROFISSIONAIS), None, None, start, None, rng.choice(c.COMPLAINTS))  # fmt: skip
    if leito is not None:
        station = t.station_of_leito(leito)
        insert(con, "sotech.ate_movimentacao_leito", key, station, None, station, leito, "I", start, None, "A")
    return key


def _recent(con: Any, rng: random.Random) -> tuple[int, int] | None:
    last = one(con, "select max(pkatendimento) from sotech.ate_atendimento")[0] or 0
    target = last - int(rng.random() ** 2 * min(last, RECENT))
    return one(con, "select pkatendimento, fkpaciente from sotech.ate_atendimento where pkatendimento <= %s and ativo"
                   " order by pkatendimento desc limit 1 for update skip locked", target)  # fmt: skip


def _prof(rng: random.Random) -> int:
    return 1 + rng.randrange(t.PROFISSIONAIS)


def _anamnese(con: Any, rng: random.Random, key: int, _: int) -> None:
    insert(
        con,
        "pep.ate_subjetivo",
        key,
        _prof(rng),
        now(con),
        rng.choice(c.COMPLAINTS),
        f"Relato {rng.randint(1, 10**6)}: {rng.choice(t.HISTORIES)}",
    )


def _evolucao(con: Any, rng: random.Random, key: int, _: int) -> None:
    insert(con, "pep.ate_evolucao", key, _prof(rng), now(con), rng.choice(t.EVOLUCAO_KINDS), evolucao(rng))


def _diagnostico(con: Any, rng: random.Random, key: int, _: int) -> None:
    insert(con, "pep.ate_diagnostico", key, _prof(rng), 1 + rng.randrange(len(t.CIDS)), now(con), rng.choice("PSDR"))


def _principal(con: Any, rng: random.Random, key: int, _: int) -> None:
    one(con, "update sotech.ate_atendimento set fkcidprincipal = 1 + coalesce(fkcidprincipal, %s) %% %s where pkatendimento = %s",
       rng.randrange(len(t.CIDS)), len(t.CIDS), key)  # fmt: skip


def _sinais(con: Any, rng: random.Random, key: int, _: int) -> None:
    insert(con, "pep.ate_sinalvital", key, _prof(rng), now(con), *take_measurements(rng))


def _prescricao(con: Any, rng: random.Random, key: int, _: int) -> None:
    receita = insert(con, "pep.ate_prescricao", key, _prof(rng), now(con))
    for _n in range(1 + rng.randrange(3)):
        insert(con, "pep.ate_prescricao_item", receita, *rng.choice(c.MEDICAMENTOS), now(con).date())


def _suspension(con: Any, rng: random.Random, key: int, paciente: int) -> None:
    """Suspend or delete the newest medicine."""
    changed = one(
        con,
        f"update pep.ate_prescricao_item set {rng.choice(('suspenso = true', 'ativo = false'))} where pkprescricaoitem = (select max(pkprescricaoitem)"
        " from pep.ate_prescricao_item i join pep.ate_prescricao p on p.pkprescricao = i.fkprescricao where p.fkatendimento = %s and p.ativo"
        " and i.ativo and not i.suspenso) returning 1",
        key,
    )
    if changed is None:
        _prescricao(con, rng, key, paciente)


def _exame(con: Any, rng: random.Random, key: int, _: int) -> None:
    n = rng.randrange(len(c.EXAMES))
    insert(con, "pep.ate_exame", key, _prof(rng), n + 1, now(con), now(con), None, None if c.EXAMES[n][2] else rng.choice(c.REPORTS))


def _result(con: Any, rng: random.Random, key: int, paciente: int) -> None:
    """Results of the newest exam that has none yet."""
    exame = one(con, "select pkexame, fkprocedimento from pep.ate_exame e where fkatendimento = %s and ativo and not exists"
                    " (select 1 from pep.ate_exame_resultado r where r.fkexame = e.pkexame) order by 1 desc limit 1", key)  # fmt: skip
    if exame is None or not c.EXAMES[exame[1] - 1][2]:
        _exame(con, rng, key, paciente)
        return
    for order, measure in enumerate(c.EXAMES[exame[1] - 1][2], 1):
        insert(con, "pep.ate_exame_resultado", exame[0], order, *result(rng, measure))
    one(con, "update pep.ate_exame set dataresultado = sotech.sys_agora() where pkexame = %s", exame[0])


def _movimentacao(con: Any, rng: random.Random, key: int, _: int) -> None:
    """Move to another bed: the open stay is closed, the next one begins."""
    before = one(con, "update sotech.ate_movimentacao_leito set datafechamento = sotech.sys_agora(), estado = 'F'"
                    " where fkatendimento = %s and estado = 'A' and ativo returning fkpostodestino, fkleitodestino", key)  # fmt: skip
    leito = 1 + rng.randrange(t.LEITOS)
    station = t.station_of_leito(leito)
    origin, previous = before or (station, None)
    insert(con, "sotech.ate_movimentacao_leito", key, origin, previous, station, leito, "T" if before else None, now(con), None, "A")
    one(con, "update sotech.ate_atendimento set fkleito = %s where pkatendimento = %s", leito, key)


def _alta(con: Any, rng: random.Random, key: int, _: int) -> None:
    one(con, "update sotech.ate_atendimento set datasaida = sotech.sys_agora() where pkatendimento = %s", key)
    one(con, "update sotech.ate_movimentacao_leito set datafechamento = sotech.sys_agora(), estado = 'F'"
            " where fkatendimento = %s and estado = 'A'", key)  # fmt: skip


_EDITS: tuple[tuple[str, int, Callable[[Any, random.Random, int, int], None]], ...] = (
    ("prescricao", 16, _prescricao), ("evolucao", 18, _evolucao), ("sinais", 18, _sinais), ("diagnostico", 8, _diagnostico),
    ("principal", 6, _principal), ("anamnese", 8, _anamnese), ("exame", 8, _exame), ("resultado", 8, _result),
    ("suspensao", 6, _suspension), ("movimentacao", 6, _movimentacao), ("alta", 8, _alta),
)  # fmt: skip


def _paciente(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    column, value = rng.choice((("numero", str(rng.randint(1, 5000))), ("complemento", f"Casa {rng.randint(1, 999)}")))
    one(con, f"update sotech.cdg_paciente set {column} = %s where pkpaciente = %s", value, paciente)


def _contact(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    mobile = f"719{rng.randint(80_000_000, 99_999_999)}"
    changed = one(con, "update sotech.cdg_contato set celular1 = %s where fkpaciente = %s and ativo returning 1", mobile, paciente)
    if changed is None:
        insert(con, "sotech.cdg_contato", paciente, mobile)


_DO_PACIENTE = {"paciente": _paciente, "contato": _contact}
KINDS = (*(name for name, _, _ in _EDITS), *_DO_PACIENTE)
"""Kinds of edit."""


def edit(con: Any, rng: random.Random, kind: str, key: int, paciente: int) -> Change:
    """One edit of a named kind on a chosen attendance."""
    ({name: role for name, _, role in _EDITS} | _DO_PACIENTE)[kind](con, rng, key, paciente)
    affected = [key]
    if kind in _DO_PACIENTE:
        with con.cursor() as cur:
            cur.execute("select pkatendimento from sotech.ate_atendimento where fkpaciente = %s and ativo order by 1", (paciente,))
            affected = [row[0] for row in cur]
    return Change(str(key), "alteracao", kind, str(paciente), tuple(map(str, affected)))


def cancel(con: Any, key: int, paciente: int) -> Change:
    """Deleted the product's way: inactive."""
    one(con, "update sotech.ate_atendimento set ativo = false where pkatendimento = %s", key)
    return Change(str(key), "exclusao", "cancelamento", str(paciente), (str(key),))


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change; the caller commits."""
    luck = rng.random()
    target = _recent(con, rng) if luck >= 0.4 else None
    if target is None:
        known_one = _recent(con, rng) if rng.random() < 0.5 else None
        paciente = known_one[1] if known_one else new_paciente(con, rng)
        key = new_atendimento(con, rng, paciente)
        return Change(str(key), "inclusao", "admissao", str(paciente), (str(key),))
    if luck < 0.85:
        (kind,) = rng.choices([e[0] for e in _EDITS], [e[1] for e in _EDITS])
        return edit(con, rng, kind, *target)
    return edit(con, rng, rng.choice(tuple(_DO_PACIENTE)), *target) if luck < 0.95 else cancel(con, *target)


def keys(con: Any) -> Iterator[Expected]:
    """Every attendance with its expected state, ordered by key; streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute(
            "select pkatendimento, fkpaciente, case when ativo then 'alteracao' else 'exclusao' end from sotech.ate_atendimento order by 1"
        )
        for key, paciente, operation in cur:
            yield Expected(str(key), str(paciente), operation)


def remove(con: Any, key: str) -> None:
    """Take an attendance away for good, with all it has: no row is left that could say so."""
    for child, mother in (("exame_resultado", "exame"), ("prescricao_item", "prescricao")):
        one(
            con,
            f"delete from pep.ate_{child} where fk{mother} in (select pk{mother} from pep.ate_{mother} where fkatendimento = %s)",
            int(key),
        )
    for table in (*DETAILS.values(),):
        one(con, f"delete from {table} where fkatendimento = %s", int(key))
    one(con, "delete from sotech.ate_atendimento where pkatendimento = %s", int(key))
