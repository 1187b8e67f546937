"""Tasy's rows, read with the shipped SQL on a generated hospital, and what of them may leave it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.content import corpo
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.tasy.system import SISTEMA
from sandbox.fusion import contrato
from sandbox.origens import tasy as origem
from sandbox.postgres import Postgres
from tests.bancada import Bancada
from tests.integration.tasy_apoio import hospital

QUANTOS = 300
CHAVES = [str(n) for n in range(1, QUANTOS + 1)]
INICIO = datetime(1753, 1, 1)


@pytest.fixture(scope="module")
def bancada(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bancada]:
    b = Bancada(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", QUANTOS)
    yield b
    b.fechar()


@pytest.fixture(scope="module")
def gerados(bancada: Bancada) -> list[Atendimento]:
    lidos = bancada.montagem.leitor.ler(CHAVES)
    cancelados = {
        str(c) for (c,) in bancada.origem("select nr_atendimento from tasy.atendimento_paciente where dt_cancelamento is not null")
    }
    assert {chave for chave, lido in lidos.items() if lido is None} == cancelados and cancelados
    vivos = [lido for lido in lidos.values() if lido is not None]
    assert [x for x in vivos if not isinstance(x, Atendimento)] == []
    return vivos  # type: ignore[return-value]


def linhas(bancada: Bancada, arquivo: str, **binds: Any) -> list[dict[str, Any]]:
    with bancada.montagem.origem.connect() as con:
        return bancada.montagem.consultas.linhas(con, arquivo, **binds)


def test_a_generated_hospital_is_what_fusion_takes(gerados: list[Atendimento]) -> None:
    for um in gerados:
        enviado = corpo(um)
        assert [e.message for e in contrato.validador("Atendimento").iter_errors(enviado)] == []
        contrato.conferir_itens(enviado, "atendimento")


def test_every_kind_of_content_arrives_and_no_markup(gerados: list[Atendimento]) -> None:
    tipos = ("alergias", "diagnosticos", "prescricoes", "solicitacoes_exame", "evolucoes", "sinais_vitais", "movimentacoes_leito")
    assert {t: any(getattr(x, t) for x in gerados) for t in tipos} == dict.fromkeys(tipos, True)
    assert any(x.nega_alergias for x in gerados) and any(m.uti for x in gerados for m in x.movimentacoes_leito)
    assert all(x.convenio and x.paciente.endereco is not None for x in gerados[:1])
    assert not any(marca in json.dumps([corpo(x) for x in gerados], ensure_ascii=False) for marca in ("rtf1", "\\\\par", "<p>"))


def test_as_many_rows_leave_as_are_released_and_in_force(bancada: Bancada, gerados: list[Atendimento]) -> None:
    """Counted with SQL of its own."""
    certos = "dt_liberacao is not null and coalesce(ie_situacao, 'A') <> 'I'"
    vivos = "nr_atendimento in (select nr_atendimento from tasy.atendimento_paciente where dt_cancelamento is null)"
    for tabela, itens in (("evolucao_paciente", "evolucoes"), ("diagnostico_doenca", "diagnosticos")):
        [(esperados, todos)] = bancada.origem(f"select count(*) filter (where {certos}), count(*) from tasy.{tabela} where {vivos}")
        assert sum(len(getattr(x, itens)) for x in gerados) == esperados < todos
    [(coletas, todas)] = bancada.origem(
        f"select count(*) filter (where {certos}), count(*) from tasy.atendimento_sinal_vital where {vivos}"
    )
    assert len({s.codigo.split("-")[0] for x in gerados for s in x.sinais_vitais}) == coletas < todas


def test_patients_alone_are_those_of_their_attendances(bancada: Bancada, gerados: list[Atendimento]) -> None:
    sozinhos = bancada.montagem.leitor_de("paciente").ler(sorted({x.paciente.codigo for x in gerados}))
    assert all(isinstance(p, Paciente) for p in sozinhos.values())
    assert [x.codigo for x in gerados if sozinhos[x.paciente.codigo] != x.paciente] == []


def test_staff_and_relatives_are_no_patients(bancada: Bancada) -> None:
    atendidos = {c for (c,) in bancada.origem("select cd_pessoa_fisica from tasy.atendimento_paciente")}
    for arquivo in ("change_paciente.sql", "change_complemento.sql"):
        assert {x["chave"] for x in linhas(bancada, arquivo, marcador=INICIO, chave=None, limite=100_000)} == atendidos


@pytest.mark.parametrize("nome", [o.nome for o in SISTEMA.origens])
def test_pages_of_any_size_lose_nothing_and_repeat_nothing(bancada: Bancada, nome: str) -> None:
    """Several rows have one moment, a batch job's among them, and some pages end in the middle of it."""
    inteira = {(x["marcador"], x["chave"]) for x in linhas(bancada, f"change_{nome}.sql", marcador=INICIO, chave=None, limite=100_000)}
    for limite in (7, 50):
        paginas: list[tuple[Any, Any]] = []
        marcador, chave = INICIO, None
        while pagina := linhas(bancada, f"change_{nome}.sql", marcador=marcador, chave=chave, limite=limite):
            paginas += sorted({(x["marcador"], x["chave"]) for x in pagina})
            marcador, chave = pagina[-1]["marcador"], pagina[-1]["chave"]
        assert len(paginas) == len(set(paginas)) and set(paginas) == inteira
    if nome != "primeiro_atendimento":  # Its question is about openings alone.
        assert linhas(bancada, f"probe_{nome}.sql", marcador=INICIO)[0]["marcador"] == max(m for m, _ in inteira)


@pytest.mark.parametrize("arquivo", sorted(a.name for a in (sql_folder("tasy")).glob("*.sql")))
def test_every_statement_runs_with_empty_binds(bancada: Bancada, arquivo: str) -> None:
    vazios = dict.fromkeys(("chave", "atendimento", "paciente", "inicio", "fim"))
    do_paciente = arquivo in ("read_paciente.sql", "read_complementos_paciente.sql")
    assert isinstance(linhas(bancada, arquivo, **vazios, marcador=INICIO, limite=5, chaves=["1001"] if do_paciente else [1]), list)


def test_a_form_asks_for_an_attendance_a_patient_or_days(bancada: Bancada) -> None:
    [(chave, paciente, dia)] = bancada.origem("select nr_atendimento, cd_pessoa_fisica, dt_entrada from tasy.atendimento_paciente limit 1")
    vazio = dict.fromkeys(("chave", "atendimento", "paciente", "inicio", "fim")) | {"limite": 1000}
    assert [x["chave"] for x in linhas(bancada, "keys.sql", **vazio | {"atendimento": chave})] == [chave]
    assert {x["chave_paciente"] for x in linhas(bancada, "keys.sql", **vazio | {"paciente": paciente})} == {paciente}
    assert chave in [x["chave"] for x in linhas(bancada, "keys.sql", **vazio | {"inicio": dia})]
    assert {x["operacao"] for x in linhas(bancada, "keys.sql", **vazio)} == {"alteracao", "exclusao"}


def test_the_same_seed_gives_the_same_hospital(postgres: Postgres) -> None:
    somas = []
    for banco in ("t_tasy_um", "t_tasy_dois"):
        dsn = postgres.criar_banco(banco)
        origem.criar(dsn)
        origem.gerar(dsn, 40, 9)
        con = psycopg2.connect(dsn)
        with con.cursor() as cur:
            cur.execute("select md5(string_agg(e::text, '' order by cd_evolucao)), count(*) from tasy.evolucao_paciente e")
            somas.append(cur.fetchone())
        con.close()
    assert somas[0] == somas[1] and somas[0][1] > 10


def test_what_the_hospital_does_in_a_day_stays_valid(bancada: Bancada) -> None:
    rng, tipos, mudadas = random.Random(9), set(), set()
    with hospital(bancada) as h:
        for _ in range(200):
            mudanca = origem.mudar(h.cur.connection, rng)
            tipos.add(mudanca.tipo)
            mudadas.add(mudanca.chave)
    lidos = bancada.montagem.leitor.ler(sorted(mudadas))
    assert [x for x in lidos.values() if isinstance(x, Exception)] == []
    assert {"admissao", "inativacao", "administrativa", "cancelamento", "complemento", "transferencia"} <= tipos
