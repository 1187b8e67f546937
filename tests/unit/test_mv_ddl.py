"""The Oracle scripts for MV cannot run here: what can be read of them is held against the sandbox's twin and the hub's own SQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from sandbox.origens.mv.esquema import AQUI

RAIZ = Path(__file__).resolve().parents[2]
CONTRATO = RAIZ / "include" / "contracts" / "mv"
SQL = RAIZ / "include" / "fusion" / "sistemas" / "mv" / "sql"
_SQLPLUS = re.compile(r"(SET|WHENEVER|ACCEPT|UNDEFINE) ")


def _texto(nome: str) -> str:
    return re.sub(r"--.*", "", (CONTRATO / nome).read_text(encoding="utf-8"))


def _partes(nome: str) -> tuple[list[str], list[str]]:
    """(plain statements, PL/SQL blocks) of a SQL*Plus script: a block ends with a line that is only ``/``."""
    comandos, blocos, atual = [], [], []
    for linha in _texto(nome).splitlines():
        if not linha.strip() and not atual:
            continue
        if not atual and _SQLPLUS.match(linha):
            continue
        if linha == "/":
            blocos.append("\n".join(atual))
            atual = []
            continue
        atual.append(linha)
        if linha.rstrip().endswith(";") and not re.match(r"CREATE OR REPLACE TRIGGER|DECLARE", atual[0]):
            comandos.append("\n".join(atual).replace("&&", "x_"))
            atual = []
    assert not atual
    return comandos, blocos


COMANDOS, BLOCOS = _partes("instalar.sql")
GATILHOS = {achado[1].lower(): b for b in BLOCOS if (achado := re.search(r"TRIGGER FUSION_INTEGRACAO\.(\w+)", b)) and "CREATE" in b}
ESQUEMA, DIARIO = ((AQUI / nome).read_text(encoding="utf-8") for nome in ("esquema.sql", "diario.sql"))
por_gatilho = pytest.mark.parametrize("nome", GATILHOS)


def _tabelas(sql: str, dialeto: str) -> dict[str, dict[str, exp.ColumnDef]]:
    achadas = {}
    for comando in sqlglot.parse(sql, dialect=dialeto):
        if isinstance(comando, exp.Create) and comando.kind == "TABLE":
            tabela = comando.find(exp.Table)
            achadas[f"{tabela.db}.{tabela.name}".lower()] = {c.name.lower(): c for c in comando.find_all(exp.ColumnDef)}
    return achadas


def _sem_fisico(comando: str) -> str:
    """Without the clauses about storage, which are Oracle's alone."""
    return re.sub(r" SEGMENT CREATION IMMEDIATE| INITRANS \d+| \(CACHE \d+ ORDER\)", "", comando)


ORACLE = {
    nome: t for comando in COMANDOS if comando.startswith("CREATE TABLE") for nome, t in _tabelas(_sem_fisico(comando), "oracle").items()
}
TABELAS = _tabelas(ESQUEMA, "postgres")


def _funcao(nome: str) -> str:
    return re.search(rf"create function fusion_integracao\.{nome}\(\).*?end \$\$;", DIARIO, re.DOTALL)[0]


def _comparadas(corpo: str) -> set[str]:
    return {c.lower() for c in re.findall(r"\b(?:OLD|NEW)\.(\w+)", corpo, re.IGNORECASE)} - {
        "cd_atendimento",
        "cd_age_cir",
        "cd_aviso_cirurgia",
    }


def _de_update(texto: str) -> set[str]:
    return {c.strip().lower() for c in re.search(r"\bupdate of\s+(.*?)\s+on\s", texto, re.IGNORECASE | re.DOTALL)[1].split(",")}


def test_the_scripts_are_what_they_seem() -> None:
    assert set(GATILHOS) == {"trg_fusion_atendime", "trg_fusion_age_cir"}
    assert set(ORACLE) == {"fusion_integracao.importacaoatendimento", "fusion_integracao.atualizacaoagendacirurgia"}


@pytest.mark.parametrize("comando", [c for c in COMANDOS if re.match(r"GRANT .* ON |CREATE TABLE", c)])
def test_oracle_parses_it(comando: str) -> None:
    (lido,) = (c for c in sqlglot.parse(_sem_fisico(comando), dialect="oracle") if c)
    assert isinstance(lido, exp.Create | exp.Grant)


def test_both_sides_have_the_same_journals() -> None:
    gemeo = _tabelas(DIARIO, "postgres")
    assert {n: list(c) for n, c in gemeo.items()} == {n: list(c) for n, c in ORACLE.items()}
    for nome, colunas in ORACLE.items():
        # An identity is NOT NULL by itself.
        obrigatorias = [c for c, d in colunas.items() if d.find(exp.NotNullColumnConstraint) and c != "id"]
        assert obrigatorias == [c for c, d in gemeo[nome].items() if d.find(exp.NotNullColumnConstraint) and c != "id"]


def test_both_triggers_compare_the_same_columns_of_a_table_that_has_them() -> None:
    comparadas = _comparadas(GATILHOS["trg_fusion_atendime"])
    assert comparadas == _comparadas(_funcao("trg_fusion_atendime"))
    assert comparadas <= set(TABELAS["dbamv.atendime"])
    assert comparadas == _de_update(GATILHOS["trg_fusion_atendime"]) == _de_update(DIARIO.split("create trigger trg_fusion_atendime")[1])


def test_the_trigger_watches_every_column_that_the_hub_reads() -> None:
    lidas = set(re.findall(r"\ba\.(\w+)", (SQL / "read_atendimento.sql").read_text(encoding="utf-8")))
    assert lidas - {"cd_atendimento"} <= _comparadas(GATILHOS["trg_fusion_atendime"])


def test_both_sides_say_the_same_of_a_change() -> None:
    oracle = re.findall(r"IF ((?:MUDOU\([^)]*\)\s*(?:OR\s+)?)+) THEN\s+V_(\w+) :=", GATILHOS["trg_fusion_atendime"])
    nossas = {marca.lower(): {c.lower() for c in re.findall(r":OLD\.(\w+)", teste)} for teste, marca in oracle}
    gemeas = {
        {"alta": "alta", "troca": "troca_leito", "abertura": "abertura"}[m]: set(re.findall(r"old\.(\w+)", teste))
        for m, teste in re.findall(r"(\w+) := (old\.[^;]+);", _funcao("trg_fusion_atendime"))
    }
    assert nossas == gemeas
    assert nossas["alta"] == {"dt_alta", "hr_alta", "dt_alta_medica", "hr_alta_medica", "cd_mot_alt"}
    assert nossas["troca_leito"] == {"cd_leito"}


@por_gatilho
def test_a_trigger_can_neither_fail_nor_wait(nome: str) -> None:
    corpo = GATILHOS[nome]
    assert re.search(r"EXCEPTION\s+WHEN OTHERS THEN\s+NULL;\s+END;\s*$", corpo)
    assert not re.search(
        r"\b(RAISE|RAISE_APPLICATION_ERROR|PRAGMA|AUTONOMOUS_TRANSACTION|COMMIT|ROLLBACK|LOCK|SELECT|MERGE|DBMS_\w+)\b", corpo
    )
    assert re.findall(r"EXECUTE IMMEDIATE '(\w+ \w+) FUSION_INTEGRACAO\.", corpo) == ["INSERT INTO"]
    # A failure in the declarations would not reach the handler: nothing is computed there.
    assert ":=" not in corpo.split("BEGIN")[0]
    assert "\nDISABLE\n" in corpo
    assert "exception when others then\n    return null;" in _funcao(nome)


@por_gatilho
def test_the_dynamic_insert_names_columns_of_the_journal(nome: str) -> None:
    tabela, colunas, valores = re.search(r"INTO FUSION_INTEGRACAO\.(\w+)[' |\n]*\(([^)]*)\) VALUES \(([^)]*)\)", GATILHOS[nome]).groups()
    nomes = [c.strip().lower() for c in colunas.split(",")]
    assert set(nomes) | {"id", "dh_registro"} == set(ORACLE[f"fusion_integracao.{tabela.lower()}"])
    usados = re.sub(r"\([^)]*\)", "", re.search(r"USING (.*);", GATILHOS[nome])[1]).split(",")
    assert len(nomes) == valores.count(":") == len(usados)


def test_the_hub_may_read_what_it_reads_and_nothing_else() -> None:
    concedidas = {f"dbamv.{t.lower()}" for c in COMANDOS for t in re.findall(r"GRANT READ ON DBAMV\.(\w+) TO FUSION_LEITURA;", c)}
    lidas = {t.lower() for a in SQL.glob("*.sql") for t in re.findall(r"(?:FROM|JOIN)\s+(dbamv\.\w+)", a.read_text(encoding="utf-8"))}
    agenda = {f"dbamv.{t}" for t in ("age_cir", "aviso_cirurgia", "cirurgia_aviso", "prestador_aviso", "cirurgia", "sal_cir", "cen_cir")}
    assert lidas <= concedidas <= lidas | agenda
    assert concedidas <= set(TABELAS)
    outras = [c for c in COMANDOS if c.startswith("GRANT") and "GRANT READ ON DBAMV" not in c]
    assert all("FUSION_LEITURA" in c and re.match(r"GRANT (CREATE SESSION|SELECT, DELETE ON FUSION_INTEGRACAO\.\w+) TO", c) for c in outras)


def test_the_sandbox_has_the_recommended_indexes() -> None:
    def indices(texto: str) -> set[str]:
        return {
            " ".join(x).lower()
            for x in re.findall(r"create index (?:DBAMV\.)?(ix_fusion_\w+) on (\w+\.\w+) \((\w+)\)", texto, re.IGNORECASE)
        }

    assert indices(_texto("indices.sql")) == indices((AQUI / "indices.sql").read_text(encoding="utf-8")) != set()


def test_uninstalling_takes_everything_and_the_triggers_first() -> None:
    (bloco,) = _partes("desinstalar.sql")[1]
    passos = re.findall(r"EXECUTAR\('([^']+)", bloco)
    criados = {f"DROP TRIGGER FUSION_INTEGRACAO.{g.upper()}" for g in GATILHOS} | {
        f"DROP USER {u} CASCADE" for c in COMANDOS for u in re.findall(r"CREATE USER (\w+)", c)
    }
    assert criados <= set(passos)
    assert [p.startswith("DROP TRIGGER") for p in passos[:2]] == [True, True]
    assert all(i.split(".")[1].startswith("IX_FUSION_") for i in re.findall(r"CREATE INDEX (\S+)", _texto("indices.sql")))


def test_the_page_for_the_dba_counts_right() -> None:
    pagina = (RAIZ / "docs" / "mv-dba.md").read_text(encoding="utf-8")
    assert f"uma de {len(_comparadas(GATILHOS['trg_fusion_atendime']))} colunas" in pagina
    assert f"`READ` em {sum('GRANT READ' in c for c in COMANDOS)} tabelas" in pagina
