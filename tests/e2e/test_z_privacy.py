"""After everything else (hence the file's name): no patient in any log, XCom, event, conf or rendered field."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sandbox.sources import sources
from sandbox.stack.situacao import profundidades
from tests.e2e.hub import Hub

COLUNAS = {nome: (s.personal["table"], s.personal["columns"]) for nome, s in sources().items() if s.personal}
CURTO = 6
"""A shorter text turns up by chance."""
LONGO = 10
"""A shorter number turns up by chance inside ids and moments: it counts where it stands alone."""


class Pessoais(dict[str, str]):
    """Personal values, each with its system and column; a failing test prints its arguments, so this says only how many it holds."""

    def __repr__(self) -> str:
        return f"<{len(self)} personal values>"


@pytest.fixture(scope="module")
def pessoais(pilha: Hub) -> Pessoais:
    """Names and documents of every patient of all sources; numbers also without their punctuation."""
    achados = Pessoais()
    for sistema, (tabela, colunas) in COLUNAS.items():
        for coluna in colunas:
            for linha in pilha.sql(sistema, f"select distinct {coluna} as v from {tabela} where {coluna} is not null"):
                valor = re.sub(r"[\x00-\x1f\x7f]", "", str(linha["v"])).strip()
                # A number inside a text ("p123456@") says nobody's name, and six digits of it are some moment's microseconds.
                formas = {valor} if re.search(r"[^\W\d_]", valor) else {valor, re.sub(r"\D", "", valor)}
                achados.update({forma: f"{sistema} {coluna}" for forma in formas if len(forma) >= CURTO})
    return achados


def encontrados(pessoais: Pessoais, texto: str) -> Counter[str]:
    """How many personal values of each column the text holds; never the values, so that this test's own output keeps the rule."""
    palavras = set(re.findall(r"\w+", texto))
    numeros = " ".join(set(re.findall(r"\d+", texto)))

    def ha(valor: str) -> bool:
        if valor.isdigit():
            return valor in (palavras if len(valor) < LONGO else numeros)
        # Reading all of the text again for each value takes long; words in the middle cannot be glued to anything.
        return palavras.issuperset(re.findall(r"\w+", valor)[1:-1]) and valor in texto

    return Counter(coluna for valor, coluna in pessoais.items() if ha(valor))


def test_the_check_would_find_somebody(pilha: Hub, pessoais: Pessoais) -> None:
    achados = encontrados(pessoais, str(pilha.sql("fusion", "select corpo::text from registro")))
    assert achados.total() > 50


def test_no_log_file_names_a_patient(pilha: Hub, pessoais: Pessoais) -> None:
    arquivos = [a for pasta in (pilha.estado.logs, pilha.estado.airflow / "logs") for a in pasta.rglob("*") if a.is_file()]
    assert len(arquivos) > 10
    assert {a.name: n for a in arquivos if (n := encontrados(pessoais, a.read_text(errors="replace")))} == {}


def test_airflow_keeps_no_patient(pilha: Hub, pessoais: Pessoais) -> None:
    """XCom, asset events, confs, rendered fields: every table there is."""
    achados = encontrados(pessoais, "\n".join([*pilha.ditas, pilha.tudo_que_o_airflow_guarda()]))
    assert achados == {}


def test_no_reason_in_the_queue_names_a_patient(pilha: Hub, pessoais: Pessoais) -> None:
    bancos = ("fusion_integracao", "plataforma")
    tabelas = {(banco, tabela) for banco in bancos for tabela, *_ in profundidades(pilha.url(banco))}
    motivos = [pilha.sql(banco, f"select motivo from {tabela}") for banco, tabela in tabelas]
    achados = encontrados(pessoais, str(motivos))
    assert achados == {}
