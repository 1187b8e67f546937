"""A hospital at work: one change at a time, in the caller's transaction, markers from the database's clock at that statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Esperado, Mudanca, um
from sandbox.origens.consulfarma import textos as t
from sandbox.origens.consulfarma.gerador import COLUNAS, PROFISSIONAIS, UNIDADES, linha_paciente
from sandbox.origens.pessoas import GeradorPessoas

RECENTES = 5000
"""A hospital edits what is recent: the newest attendances, the newer the likelier."""
_VIVO = "Excluido = 0 and Situacao <> 'C'"


def inserir(con: Any, tabela: str, **valores: Any) -> int | str:
    """Insert one row; its marker is the column's default, the clock. Returns its key."""
    colunas = ", ".join(valores)
    chave = {"ExameAmbulatorial": "ExameId"}.get(tabela, f"{tabela}Id")
    return um(
        con, f"insert into dbo.{tabela} ({colunas}) values ({', '.join(['%s'] * len(valores))}) returning {chave}", *valores.values()
    )[0]


def novo_paciente(con: Any, rng: random.Random) -> int:
    pessoa = GeradorPessoas(rng.getrandbits(48), borda=0).pessoa()
    colunas = COLUNAS["Paciente"].split(", ")[1:-1]
    return int(inserir(con, "Paciente", **dict(zip(colunas, linha_paciente(pessoa), strict=True))))


def novo_atendimento(con: Any, rng: random.Random, paciente: int, **valores: Any) -> int:
    """An attendance that starts now; creation and change are one moment, which is how an admission is told from an edit."""
    (agora,) = um(con, "select dbo.sysdatetime()")
    tipo = rng.choice("AAAUUI")
    campos = {
        "PacienteId": paciente, "UnidadeId": rng.randint(1, UNIDADES), "ProfissionalId": rng.randint(1, PROFISSIONAIS), "Tipo": tipo,
        "Situacao": rng.choice("AE"), "Carater": "U" if tipo == "U" else "E", "DataInicio": agora - timedelta(minutes=rng.randint(0, 30)),
        "QueixaPrincipal": rng.choice(t.QUEIXAS), "Setor": rng.choice(t.SETORES), "Convenio": rng.choice(t.CONVENIOS),
        "CriadoEm": agora, "AtualizadoEm": agora, **valores,
    }  # fmt: skip
    return int(inserir(con, "Atendimento", **campos))


def _recente(con: Any, rng: random.Random) -> tuple[int, int] | None:
    ultimo = um(con, "select max(AtendimentoId) from dbo.Atendimento")[0] or 0
    alvo = ultimo - int(rng.random() ** 2 * min(ultimo, RECENTES))
    onde = (
        f"select AtendimentoId, PacienteId from dbo.Atendimento where AtendimentoId <= %s and {_VIVO} order by AtendimentoId desc limit 1"
    )
    return um(con, f"{onde} for update skip locked", alvo)


def _admissao(con: Any, rng: random.Random) -> Mudanca:
    conhecido = _recente(con, rng) if rng.random() < 0.5 else None
    paciente = conhecido[1] if conhecido else novo_paciente(con, rng)
    chave = novo_atendimento(con, rng, paciente)
    if rng.random() < 0.6:
        _diagnostico(con, rng, chave, paciente)
    return Mudanca(str(chave), "inclusao", "admissao", str(paciente), (str(chave),))


def _diagnostico(con: Any, rng: random.Random, chave: int, _: int) -> None:
    cid, descricao = rng.choice(t.DIAGNOSTICOS)
    inserir(con, "Diagnostico", AtendimentoId=chave, ProfissionalId=rng.randint(1, PROFISSIONAIS), Cid10=cid, Descricao=descricao,
            Tipo=rng.choice("PS"), RegistradoEm=um(con, "select dbo.sysdatetime()")[0])  # fmt: skip


def _prescricao(con: Any, rng: random.Random, chave: int, _: int) -> None:
    colunas = (
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
    inserir(con, "PrescricaoMedicamento", AtendimentoId=chave, ProfissionalId=rng.randint(1, PROFISSIONAIS),
            **dict(zip(colunas, rng.choice(t.MEDICAMENTOS), strict=True)))  # fmt: skip


def _exame(con: Any, rng: random.Random, chave: int, _: int) -> None:
    procedimento, nome, medidas = rng.choice(t.EXAMES)
    (agora,) = um(con, "select dbo.sysdatetime()")
    exame = inserir(
        con, "ExameAmbulatorial", AtendimentoId=chave, ProcedimentoCodigo=procedimento, Nome=nome, SolicitadoEm=agora, RealizadoEm=agora
    )
    for ordem, (analito, unidade, referencia, *_resto) in enumerate(medidas, 1):
        inserir(con, "ExameResultado", ExameId=exame, AtendimentoId=chave, Ordem=ordem, Nome=analito, Valor=str(rng.randint(1, 200)),
                UnidadeMedida=unidade, Referencia=referencia)  # fmt: skip


def _resultado(con: Any, rng: random.Random, chave: int, paciente: int) -> None:
    """Correct one result; only its own row changes."""
    mudou = um(
        con,
        "update dbo.ExameResultado set Valor = %s, ValorNumerico = null, AtualizadoEm = dbo.sysdatetime() where ExameResultadoId ="
        " (select min(ExameResultadoId) from dbo.ExameResultado where AtendimentoId = %s and Excluido = 0) returning 1",
        f"{rng.randint(1, 400)},{rng.randint(0, 9)}",
        chave,
    )
    if mudou is None:
        _exame(con, rng, chave, paciente)


def _cirurgia(con: Any, rng: random.Random, chave: int, _: int) -> None:
    procedimento, nome = rng.choice(t.CIRURGIAS)
    inserir(con, "Cirurgia", AtendimentoId=chave, ProcedimentoCodigo=procedimento, Descricao=nome, Situacao=rng.choice("AER"),
            InicioEm=um(con, "select dbo.sysdatetime()")[0])  # fmt: skip


def _suspensao(con: Any, rng: random.Random, chave: int, paciente: int) -> None:
    """Suspend or exclude the newest prescription."""
    campo = rng.choice(("Suspenso", "Excluido"))
    mudou = um(
        con,
        f"update dbo.PrescricaoMedicamento set {campo} = 1, AtualizadoEm = dbo.sysdatetime() where PrescricaoMedicamentoId ="
        f" (select max(PrescricaoMedicamentoId) from dbo.PrescricaoMedicamento where AtendimentoId = %s and Excluido = 0 and {campo} = 0) returning 1",
        chave,
    )
    if mudou is None:
        _prescricao(con, rng, chave, paciente)


def _alta(con: Any, rng: random.Random, chave: int, _: int) -> None:
    um(con, "update dbo.Atendimento set Situacao = 'F', MotivoAlta = %s, DataFim = s.agora, DataAltaMedica = s.agora, AtualizadoEm = s.agora"
            " from (select dbo.sysdatetime() as agora offset 0) s where AtendimentoId = %s", rng.choice(("11", "12", "14")), chave)  # fmt: skip


def _alergia(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    """Edit the newest allergy, or record one."""
    mudou = None
    if rng.random() < 0.5:
        mudou = um(
            con,
            "update dbo.Alergia set Gravidade = %s, Reacao = %s, AtualizadoEm = dbo.sysdatetime() where AlergiaId ="
            " (select max(AlergiaId) from dbo.Alergia where PacienteId = %s and Excluido = 0) returning 1",
            rng.choice("GML"), f"Reavaliada: grau {rng.randint(1, 999)}", paciente,
        )  # fmt: skip
    if mudou is None:
        substancia, categoria = rng.choice(t.ALERGIAS)
        inserir(con, "Alergia", PacienteId=paciente, Substancia=substancia, Categoria=categoria, Gravidade=rng.choice("GMLD"))


def _vacina(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    codigo, nome = rng.choice(t.VACINAS)
    inserir(con, "Vacina", PacienteId=paciente, ImunobiologicoCodigo=codigo, Nome=nome, Dose=rng.choice("123"), ViaAplicacao="IM",
            Lote=f"L{rng.randint(0, 99999):05d}", AplicadaEm=um(con, "select dbo.sysdatetime()")[0])  # fmt: skip


_EDICOES: tuple[tuple[str, int, Callable[[Any, random.Random, int, int], None]], ...] = (
    ("prescricao", 24, _prescricao), ("diagnostico", 18, _diagnostico), ("exame", 12, _exame), ("resultado", 10, _resultado),
    ("suspensao", 8, _suspensao), ("alta", 10, _alta), ("cirurgia", 5, _cirurgia), ("alergia", 7, _alergia), ("vacina", 6, _vacina),
)  # fmt: skip
_DO_PACIENTE = {"alergia", "vacina", "paciente"}


def _paciente(con: Any, rng: random.Random, _: int, paciente: int) -> None:
    campo, valor = rng.choice((
        ("Celular", f"719{rng.randint(80_000_000, 99_999_999)}"), ("Numero", str(rng.randint(1, 5000))), ("Complemento", f"Casa {rng.randint(1, 999)}"),
        ("Telefone", f"713{rng.randint(1_000_000, 9_999_999)}"), ("Email", f"novo{rng.randint(1, 10**9)}@exemplo.com.br"),
    ))  # fmt: skip
    um(con, f"update dbo.Paciente set {campo} = %s, AtualizadoEm = dbo.sysdatetime() where PacienteId = %s", valor, paciente)


def editar(con: Any, rng: random.Random, tipo: str, chave: int, paciente: int) -> Mudanca:
    """One edit of a named kind (those of the table above, or ``paciente``) on a chosen attendance."""
    {nome: funcao for nome, _, funcao in _EDICOES}.get(tipo, _paciente)(con, rng, chave, paciente)
    afetadas = [chave]
    if tipo in _DO_PACIENTE:
        with con.cursor() as cur:
            cur.execute(f"select AtendimentoId from dbo.Atendimento where PacienteId = %s and {_VIVO} order by 1", (paciente,))
            afetadas = [linha[0] for linha in cur]
    return Mudanca(str(chave), "alteracao", tipo, str(paciente), tuple(map(str, afetadas)))


def cancelar(con: Any, rng: random.Random, chave: int, paciente: int) -> Mudanca:
    """Cancel (a state) or exclude (a flag): for Fusion both end the attendance."""
    como = rng.choice(("Situacao = 'C'", "Excluido = 1"))
    um(con, f"update dbo.Atendimento set {como}, AtualizadoEm = dbo.sysdatetime() where AtendimentoId = %s", chave)
    return Mudanca(str(chave), "exclusao", "cancelamento", str(paciente), (str(chave),))


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change; the caller commits."""
    sorte = rng.random()
    alvo = _recente(con, rng) if sorte >= 0.4 else None
    if alvo is None:
        return _admissao(con, rng)
    if sorte < 0.85:
        (tipo,) = rng.choices([e[0] for e in _EDICOES], [e[1] for e in _EDICOES])
        return editar(con, rng, tipo, *alvo)
    return editar(con, rng, "paciente", *alvo) if sorte < 0.95 else cancelar(con, rng, *alvo)


def chaves(con: Any) -> Iterator[Esperado]:
    """Every attendance with its expected state, ordered by key; streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute(
            f"select AtendimentoId, PacienteId, case when {_VIVO} then 'alteracao' else 'exclusao' end from dbo.Atendimento order by 1"
        )
        for chave, paciente, operacao in cur:
            yield Esperado(str(chave), str(paciente), operacao)


def remover(con: Any, chave: str) -> None:
    """Take an attendance away for good, which the contract forbids: what is queued then has no row to read."""
    for tabela in ("ExameResultado", "ExameAmbulatorial", "PrescricaoMedicamento", "Diagnostico", "Cirurgia", "Atendimento"):
        um(con, f"delete from dbo.{tabela} where AtendimentoId = %s", int(chave))
