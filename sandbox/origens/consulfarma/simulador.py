"""A hospital at work: one change at a time, in the caller's transaction, markers from the database's clock at that statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Change, Expected, one
from sandbox.origens.consulfarma import textos as t
from sandbox.origens.consulfarma.gerador import COLUMNS, PROFISSIONAIS, UNITS, paciente_row
from sandbox.origens.pessoas import PersonGenerator

RECENT = 5000
"""A hospital edits what is recent: the newest attendances, the newer the likelier."""
_LIVE = "Excluido = 0 and Situacao <> 'C'"


def insert(con: Any, tabela: str, **values: Any) -> int | str:
    """Insert one row; its marker is the column's default, the clock. Returns its key."""
    columns = ", ".join(values)
    key = {"ExameAmbulatorial": "ExameId"}.get(tabela, f"{tabela}Id")
    return one(con, f"insert into dbo.{tabela} ({columns}) values ({', '.join(['%s'] * len(values))}) returning {key}", *values.values())[0]


def new_paciente(con: Any, rng: random.Random) -> int:
    person = PersonGenerator(rng.getrandbits(48), edge=0).person()
    columns = COLUMNS["Paciente"].split(", ")[1:-1]
    return int(insert(con, "Paciente", **dict(zip(columns, paciente_row(person), strict=True))))


def new_atendimento(con: Any, rng: random.Random, paciente: int, **values: Any) -> int:
    """An attendance that starts now; creation and change are one moment, which is how an admission is told from an edit."""
    (now,) = one(con, "select dbo.sysdatetime()")
    kind = rng.choice("AAAUUI")
    fields = {
        "PacienteId": paciente, "UnidadeId": rng.randint(1, UNITS), "ProfissionalId": rng.randint(1, PROFISSIONAIS), "Tipo": kind,
        "Situacao": rng.choice("AE"), "Carater": "U" if kind == "U" else "E", "DataInicio": now - timedelta(minutes=rng.randint(0, 30)),
        "QueixaPrincipal": rng.choice(t.COMPLAINTS), "Setor": rng.choice(t.SECTORS), "Convenio": rng.choice(t.CONVENIOS),
        "CriadoEm": now, "AtualizadoEm": now, **values,
    }  # fmt: skip
    return int(insert(con, "Atendimento", **fields))


def _recent(con: Any, rng: random.Random) -> tuple[int, int] | None:
    last = one(con, "select max(AtendimentoId) from dbo.Atendimento")[0] or 0
    target = last - int(rng.random() ** 2 * min(last, RECENT))
    where = (
        f"select AtendimentoId, PacienteId from dbo.Atendimento where AtendimentoId <= %s and {_LIVE} order by AtendimentoId desc limit 1"
    )
    return one(con, f"{where} for update skip locked", target)


def _admission(con: Any, rng: random.Random) -> Change:
    known_one = _recent(con, rng) if rng.random() < 0.5 else None
    paciente = known_one[1] if known_one else new_paciente(con, rng)
    key = new_atendimento(con, rng, paciente)
    if rng.random() < 0.6:
        _diagnostico(con, rng, key, paciente)
    return Change(str(key), "inclusao", "admissao", str(paciente), (str(key),))


def _diagnostico(con: Any, rng: random.Random, key: int, _: int) -> None:
    cid, description = rng.choice(t.DIAGNOSTICOS)
    insert(con, "Diagnostico", AtendimentoId=key, ProfissionalId=rng.randint(1, PROFISSIONAIS), Cid10=cid, Descricao=description,
            Tipo=rng.choice("PS"), RegistradoEm=one(con, "select dbo.sysdatetime()")[0])  # fmt: skip


def _prescricao(con: Any, rng: random.Random, key: int, _: int) -> None:
    columns = (
        "MedicamentoCodigo",
        "Nome",
        "Concentracao",
        "Dose",
        "UnidadeDose",
        "ViaAdministracao",
        "Frequencia",
        "Posologia",
        "Quantidade",
    )
    insert(con, "PrescricaoMedicamento", AtendimentoId=key, ProfissionalId=rng.randint(1, PROFISSIONAIS),
            **dict(zip(columns, rng.choice(t.MEDICAMENTOS), strict=True)))  # fmt: skip


def _exame(con: Any, rng: random.Random, key: int, _: int) -> None:
    procedimento, name, measures = rng.choice(t.EXAMES)
    (now,) = one(con, "select dbo.sysdatetime()")
    exame = insert(
        con, "ExameAmbulatorial", AtendimentoId=key, ProcedimentoCodigo=procedimento, Nome=name, SolicitadoEm=now, RealizadoEm=now
    )
    for order, (analyte, unit, reference, *_rest) in enumerate(measures, 1):
        insert(con, "ExameResultado", ExameId=exame, AtendimentoId=key, Ordem=order, Nome=analyte, Valor=str(rng.randint(1, 200)),
                UnidadeMedida=unit, Referencia=reference)  # fmt: skip


def _result(con: Any, rng: random.Random, key: int, paciente: int) -> None:
    """Correct one result; only its own row changes."""
    changed = one(
        con,
        "update dbo.ExameResultado set Valor = %s, ValorNumerico = null, AtualizadoEm = dbo.sysdatetime() where ExameResultadoId ="
        " (select min(ExameResultadoId) from dbo.ExameResultado where AtendimentoId = %s and Excluido = 0) returning 1",
        f"{rng.randint(1, 400)},{rng.randint(0, 9)}",
        key,
    )
    if changed is None:
        _exame(con, rng, key, paciente)


def _cirurgia(con: Any, rng: random.Random, key: int, _: int) -> None:
    procedimento, name = rng.choice(t.CIRURGIAS)
    insert(con, "Cirurgia", AtendimentoId=key, ProcedimentoCodigo=procedimento, Descricao=name, Situacao=rng.choice("AER"),
            InicioEm=one(con, "select dbo.sysdatetime()")[0])  # fmt: skip


def _suspension(con: Any, rng: random.Random, key: int, paciente: int) -> None:
    """Suspend or exclude the newest prescription."""
    field = rng.choice(("Suspenso", "Excluido"))
    changed = one(
        con,
        f"update dbo.PrescricaoMedicamento set {field} = 1, AtualizadoEm = dbo.sysdatetime() where PrescricaoMedicamentoId ="
        f" (select max(PrescricaoMedicamentoId) from dbo.PrescricaoMedicamento where AtendimentoId = %s and Excluido = 0 and {field} = 0) returning 1",
        key,
    )
    if changed is None:
        _prescricao(con, rng, key, paciente)


def _alta(con: Any, rng: random.Random, key: int, _: int) -> None:
    one(con, "update dbo.Atendimento set Situacao = 'F', MotivoAlta = %s, DataFim = s.agora, DataAltaMedica = s.agora, AtualizadoEm = s.agora"
            " from (select dbo.sysdatetime() as agora offset 0) s where AtendimentoId = %s", rng.choice(("11", "12", "14")), key)  # fmt: skip


def _alergia(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    """Edit the newest allergy, or record one."""
    changed = None
    if rng.random() < 0.5:
        changed = one(
            con,
            "update dbo.Alergia set Gravidade = %s, Reacao = %s, AtualizadoEm = dbo.sysdatetime() where AlergiaId ="
            " (select max(AlergiaId) from dbo.Alergia where PacienteId = %s and Excluido = 0) returning 1",
            rng.choice("GML"), f"Reavaliada: grau {rng.randint(1, 999)}", paciente,
        )  # fmt: skip
    if changed is None:
        substancia, category = rng.choice(t.ALERGIAS)
        insert(con, "Alergia", PacienteId=paciente, Substancia=substancia, Categoria=category, Gravidade=rng.choice("GMLD"))


def _vacina(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    code, name = rng.choice(t.VACINAS)
    insert(con, "Vacina", PacienteId=paciente, ImunobiologicoCodigo=code, Nome=name, Dose=rng.choice("123"), ViaAplicacao="IM",
            Lote=f"L{rng.randint(0, 99999):05d}", AplicadaEm=one(con, "select dbo.sysdatetime()")[0])  # fmt: skip


_EDITS: tuple[tuple[str, int, Callable[[Any, random.Random, int, int], None]], ...] = (
    ("prescricao", 24, _prescricao), ("diagnostico", 18, _diagnostico), ("exame", 12, _exame), ("resultado", 10, _result),
    ("suspensao", 8, _suspension), ("alta", 10, _alta), ("cirurgia", 5, _cirurgia), ("alergia", 7, _alergia), ("vacina", 6, _vacina),
)  # fmt: skip
_DO_PACIENTE = {"alergia", "vacina", "paciente"}


def _paciente(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    field, value = rng.choice((
        ("Celular", f"719{rng.randint(80_000_000, 99_999_999)}"), ("Numero", str(rng.randint(1, 5000))), ("Complemento", f"Casa {rng.randint(1, 999)}"),
        ("Telefone", f"713{rng.randint(1_000_000, 9_999_999)}"), ("Email", f"novo{rng.randint(1, 10**9)}@exemplo.com.br"),
    ))  # fmt: skip
    one(con, f"update dbo.Paciente set {field} = %s, AtualizadoEm = dbo.sysdatetime() where PacienteId = %s", value, paciente)


def edit(con: Any, rng: random.Random, kind: str, key: int, paciente: int) -> Change:
    """One edit of a named kind (those of the table above, or ``paciente``) on a chosen attendance."""
    {name: role for name, _, role in _EDITS}.get(kind, _paciente)(con, rng, key, paciente)
    affected = [key]
    if kind in _DO_PACIENTE:
        with con.cursor() as cur:
            cur.execute(f"select AtendimentoId from dbo.Atendimento where PacienteId = %s and {_LIVE} order by 1", (paciente,))
            affected = [row[0] for row in cur]
    return Change(str(key), "alteracao", kind, str(paciente), tuple(map(str, affected)))


def cancel(con: Any, rng: random.Random, key: int, paciente: int) -> Change:
    """Cancel (a state) or exclude (a flag): for Fusion both end the attendance."""
    how = rng.choice(("Situacao = 'C'", "Excluido = 1"))
    one(con, f"update dbo.Atendimento set {how}, AtualizadoEm = dbo.sysdatetime() where AtendimentoId = %s", key)
    return Change(str(key), "exclusao", "cancelamento", str(paciente), (str(key),))


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change; the caller commits."""
    luck = rng.random()
    target = _recent(con, rng) if luck >= 0.4 else None
    if target is None:
        return _admission(con, rng)
    if luck < 0.85:
        (kind,) = rng.choices([e[0] for e in _EDITS], [e[1] for e in _EDITS])
        return edit(con, rng, kind, *target)
    return edit(con, rng, "paciente", *target) if luck < 0.95 else cancel(con, rng, *target)


def keys(con: Any) -> Iterator[Expected]:
    """Every attendance with its expected state, ordered by key; streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute(
            f"select AtendimentoId, PacienteId, case when {_LIVE} then 'alteracao' else 'exclusao' end from dbo.Atendimento order by 1"
        )
        for key, paciente, operation in cur:
            yield Expected(str(key), str(paciente), operation)


def remove(con: Any, key: str) -> None:
    """Take an attendance away for good, which the contract forbids: what is queued then has no row to read."""
    for table in ("ExameResultado", "ExameAmbulatorial", "PrescricaoMedicamento", "Diagnostico", "Cirurgia", "Atendimento"):
        one(con, f"delete from dbo.{table} where AtendimentoId = %s", int(key))
