"""The Oracle scripts for MV cannot run here: what can be read of them is held against the sandbox's twin and the hub's own SQL."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from sandbox.origens.mv.esquema import HERE
from tests import ROOT
from tests.unit.sistemas.sql_files import first, found

CONTRACT = ROOT / "include" / "contracts" / "mv"
SQL = ROOT / "include" / "fusion" / "sistemas" / "mv" / "sql"
_SQLPLUS = re.compile(r"(SET|WHENEVER|ACCEPT|UNDEFINE) ")


def _text(name: str) -> str:
    return re.sub(r"--.*", "", (CONTRACT / name).read_text(encoding="utf-8"))


def _parts(name: str) -> tuple[list[str], list[str]]:
    """(plain statements, PL/SQL blocks) of a SQL*Plus script: a block ends with a line that is only ``/``."""
    commands: list[str] = []
    blocks: list[str] = []
    current: list[str] = []
    for line in _text(name).splitlines():
        if not line.strip() and not current:
            continue
        if not current and _SQLPLUS.match(line):
            continue
        if line == "/":
            blocks.append("\n".join(current))
            current = []
            continue
        current.append(line)
        if line.rstrip().endswith(";") and not re.match(r"CREATE OR REPLACE TRIGGER|DECLARE", current[0]):
            commands.append("\n".join(current).replace("&&", "x_"))
            current = []
    assert not current
    return commands, blocks


COMMANDS, BLOCKS = _parts("instalar.sql")
TRIGGERS = {match[1].lower(): b for b in BLOCKS if (match := re.search(r"TRIGGER FUSION_INTEGRACAO\.(\w+)", b)) and "CREATE" in b}
SCHEMA, JOURNAL = ((HERE / name).read_text(encoding="utf-8") for name in ("esquema.sql", "diario.sql"))
por_gatilho = pytest.mark.parametrize("nome", TRIGGERS)


def _tables(sql: str, dialect: str) -> dict[str, dict[str, exp.ColumnDef]]:
    tables = {}
    for command in sqlglot.parse(sql, dialect=dialect):
        if isinstance(command, exp.Create) and command.kind == "TABLE":
            table = first(command, exp.Table)
            tables[f"{table.db}.{table.name}".lower()] = {c.name.lower(): c for c in command.find_all(exp.ColumnDef)}
    return tables


def _without_physical(command: str) -> str:
    """Without the clauses about storage, which are Oracle's alone."""
    return re.sub(r" SEGMENT CREATION IMMEDIATE| INITRANS \d+| \(CACHE \d+ ORDER\)", "", command)


ORACLE = {
    name: t
    for command in COMMANDS
    if command.startswith("CREATE TABLE")
    for name, t in _tables(_without_physical(command), "oracle").items()
}
TABLES = _tables(SCHEMA, "postgres")


def _role(name: str) -> str:
    return found(rf"create function fusion_integracao\.{name}\(\).*?end \$\$;", JOURNAL)[0]


def _compared(body: str) -> set[str]:
    return {c.lower() for c in re.findall(r"\b(?:OLD|NEW)\.(\w+)", body, re.IGNORECASE)} - {
        "cd_atendimento",
        "cd_age_cir",
        "cd_aviso_cirurgia",
    }


def _de_update(text: str) -> set[str]:
    return {c.strip().lower() for c in found(r"\bupdate of\s+(.*?)\s+on\s", text)[1].split(",")}


def test_the_scripts_are_what_they_seem() -> None:
    assert set(TRIGGERS) == {"trg_fusion_atendime", "trg_fusion_age_cir"}
    journals = {"fusion_integracao.importacaoatendimento", "fusion_integracao.atualizacaoagendacirurgia"}
    assert set(ORACLE) == journals | {f"{name}_lido" for name in journals}


def test_an_old_installation_gets_what_a_new_one_has() -> None:
    added, blocks = _parts("atualizar.sql")
    assert blocks == [] and added == [command for command in COMMANDS if "_LIDO" in command]
    assert all(len(name) <= 30 for command in added for name in re.findall(r"\w+_LIDO", command))  # Oracle 12.1.


@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match(r"GRANT .* ON |CREATE TABLE", c)])
def test_oracle_parses_it(command: str) -> None:
    (read_item,) = (c for c in sqlglot.parse(_without_physical(command), dialect="oracle") if c)
    assert isinstance(read_item, exp.Create | exp.Grant)


def test_both_sides_have_the_same_journals() -> None:
    gemeo = _tables(JOURNAL, "postgres")
    assert {n: list(c) for n, c in gemeo.items()} == {n: list(c) for n, c in ORACLE.items()}
    for name, columns in ORACLE.items():
        # An identity is NOT NULL by itself.
        required = [c for c, d in columns.items() if d.find(exp.NotNullColumnConstraint) and c != "id"]
        assert required == [c for c, d in gemeo[name].items() if d.find(exp.NotNullColumnConstraint) and c != "id"]


def test_both_triggers_compare_the_same_columns_of_a_table_that_has_them() -> None:
    compared = _compared(TRIGGERS["trg_fusion_atendime"])
    assert compared == _compared(_role("trg_fusion_atendime"))
    assert compared <= set(TABLES["dbamv.atendime"])
    assert compared == _de_update(TRIGGERS["trg_fusion_atendime"]) == _de_update(JOURNAL.split("create trigger trg_fusion_atendime")[1])


def test_the_trigger_watches_every_column_that_the_hub_reads() -> None:
    read_rows = set(re.findall(r"\ba\.(\w+)", (SQL / "read_atendimento.sql").read_text(encoding="utf-8")))
    assert read_rows - {"cd_atendimento"} <= _compared(TRIGGERS["trg_fusion_atendime"])


def test_both_sides_say_the_same_of_a_change() -> None:
    oracle = re.findall(r"IF ((?:MUDOU\([^)]*\)\s*(?:OR\s+)?)+) THEN\s+V_(\w+) :=", TRIGGERS["trg_fusion_atendime"])
    ours = {watermark.lower(): {c.lower() for c in re.findall(r":OLD\.(\w+)", teste)} for teste, watermark in oracle}
    gemeas = {
        {"alta": "alta", "troca": "troca_leito", "abertura": "abertura"}[m]: set(re.findall(r"old\.(\w+)", teste))
        for m, teste in re.findall(r"(\w+) := (old\.[^;]+);", _role("trg_fusion_atendime"))
    }
    assert ours == gemeas
    assert ours["alta"] == {"dt_alta", "hr_alta", "dt_alta_medica", "hr_alta_medica", "cd_mot_alt"}
    assert ours["troca_leito"] == {"cd_leito"}


@por_gatilho
def test_a_trigger_can_neither_fail_nor_wait(nome: str) -> None:
    body = TRIGGERS[nome]
    assert re.search(r"EXCEPTION\s+WHEN OTHERS THEN\s+NULL;\s+END;\s*$", body)
    assert not re.search(
        r"\b(RAISE|RAISE_APPLICATION_ERROR|PRAGMA|AUTONOMOUS_TRANSACTION|COMMIT|ROLLBACK|LOCK|SELECT|MERGE|DBMS_\w+)\b", body
    )
    assert re.findall(r"EXECUTE IMMEDIATE '(\w+ \w+) FUSION_INTEGRACAO\.", body) == ["INSERT INTO"]
    # A failure in the declarations would not reach the handler: nothing is computed there.
    assert ":=" not in body.split("BEGIN")[0]
    assert "\nDISABLE\n" in body
    assert "exception when others then\n    return null;" in _role(nome)


@por_gatilho
def test_the_dynamic_insert_names_columns_of_the_journal(nome: str) -> None:
    table, columns, values = found(r"INTO FUSION_INTEGRACAO\.(\w+)[' |\n]*\(([^)]*)\) VALUES \(([^)]*)\)", TRIGGERS[nome]).groups()
    names = [c.strip().lower() for c in columns.split(",")]
    assert set(names) | {"id", "dh_registro"} == set(ORACLE[f"fusion_integracao.{table.lower()}"])
    used_ones = re.sub(r"\([^)]*\)", "", found(r"USING ([^\n]*);", TRIGGERS[nome])[1]).split(",")
    assert len(names) == values.count(":") == len(used_ones)


def test_the_hub_may_read_what_it_reads_and_nothing_else() -> None:
    concedidas = {f"dbamv.{t.lower()}" for c in COMMANDS for t in re.findall(r"GRANT READ ON DBAMV\.(\w+) TO FUSION_LEITURA;", c)}
    read_rows = {t.lower() for a in SQL.glob("*.sql") for t in re.findall(r"(?:FROM|JOIN)\s+(dbamv\.\w+)", a.read_text(encoding="utf-8"))}
    agenda = {f"dbamv.{t}" for t in ("age_cir", "aviso_cirurgia", "cirurgia_aviso", "prestador_aviso", "cirurgia", "sal_cir", "cen_cir")}
    assert read_rows <= concedidas <= read_rows | agenda
    assert concedidas <= set(TABLES)
    others = [c for c in COMMANDS if c.startswith("GRANT") and "GRANT READ ON DBAMV" not in c]
    assert all(
        "FUSION_LEITURA" in c and re.match(r"GRANT (CREATE SESSION|SELECT, (INSERT, )?DELETE ON FUSION_INTEGRACAO\.\w+) TO", c)
        for c in others
    )


def test_the_sandbox_has_the_recommended_indexes() -> None:
    def indexes(text: str) -> set[str]:
        return {
            " ".join(x).lower()
            for x in re.findall(r"create index (?:DBAMV\.)?(ix_fusion_\w+) on (\w+\.\w+) \((\w+)\)", text, re.IGNORECASE)
        }

    assert indexes(_text("indices.sql")) == indexes((HERE / "indices.sql").read_text(encoding="utf-8")) != set()


def test_uninstalling_takes_everything_and_the_triggers_first() -> None:
    (block,) = _parts("desinstalar.sql")[1]
    steps = re.findall(r"EXECUTAR\('([^']+)", block)
    criados = {f"DROP TRIGGER FUSION_INTEGRACAO.{g.upper()}" for g in TRIGGERS} | {
        f"DROP USER {u} CASCADE" for c in COMMANDS for u in re.findall(r"CREATE USER (\w+)", c)
    }
    assert criados <= set(steps)
    assert [p.startswith("DROP TRIGGER") for p in steps[:2]] == [True, True]
    assert all(i.split(".")[1].startswith("IX_FUSION_") for i in re.findall(r"CREATE INDEX (\S+)", _text("indices.sql")))


def test_the_page_for_the_dba_counts_right() -> None:
    page = (ROOT / "docs" / "mv-dba.md").read_text(encoding="utf-8")
    assert f"uma de {len(_compared(TRIGGERS['trg_fusion_atendime']))} colunas" in page
    assert f"`READ` em {sum('GRANT READ' in c for c in COMMANDS)} tabelas" in page
