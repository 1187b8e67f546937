"""Whatever changes at a PEC is seen by some origin, and what it says to do is right."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import psycopg2
import pytest

from include.fusion.model.content import corpo, versao_conteudo
from include.fusion.reading.sql import ConsultasSistema
from sandbox.origens import esus_ab
from sandbox.origens.esus_ab import simulador

pytest_plugins = ["tests.integration.esus_ab_apoio"]
ANTES = datetime(1900, 1, 1)


def logo_antes(momento):
    return momento - timedelta(microseconds=1)


def todas_as_vistas(pec, marcador):
    linhas = [linha for o in pec.consultas.origens for linha in pec.vistos(o.nome, marcador)]
    return {str(x["chave"]): (str(x["chave_paciente"]), x["operacao"]) for x in linhas}


def test_each_version_offers_its_own_origins(pec):
    nomes = [o.nome for o in pec.consultas.origens]
    assert nomes[:4] == ["status", "cidadao", "retificacao", "unificacao"]
    assert nomes[4:] == (["auditoria_evolucao", "auditoria_itens"] if pec.clinica().nova else ["revisao"])


@pytest.mark.parametrize("mudanca", list(simulador.MUDANCAS), ids=lambda m: m.__name__.strip("_"))
def test_every_kind_of_change_is_seen(pec, mudanca):
    pec.visita()
    inicio = pec.agora()
    with pec.con:
        c = pec.clinica()
        feita = simulador._completa(c, mudanca(c))
    vistas = todas_as_vistas(pec, inicio)
    assert set(feita.afetadas) <= set(vistas)
    esperada = "exclusao" if feita.operacao == "exclusao" else "alteracao"
    assert vistas[feita.chave] == (feita.chave_paciente, esperada)


def test_two_hundred_changes_leave_no_visit_unseen(pec):
    """The body of a visit changed if and only if it was announced by an origin."""

    def fotografia():
        lidos = pec.leitor.ler([e.chave for e in esus_ab.chaves(pec.con)])
        return {chave: versao_conteudo(corpo(x)) for chave, x in lidos.items()}

    antes, inicio, rng = fotografia(), pec.agora(), random.Random(5)
    for _ in range(200):
        with pec.con:
            esus_ab.mudar(pec.con, rng)
    vistas = todas_as_vistas(pec, inicio)
    mudadas = {chave for chave, versao in fotografia().items() if antes.get(chave) != versao}
    assert mudadas <= set(vistas)


def test_origins_agree_with_the_state_of_every_visit(pec):
    esperadas = {e.chave: (e.chave_paciente, e.operacao) for e in esus_ab.chaves(pec.con)}
    assert {str(x["chave"]): (str(x["chave_paciente"]), x["operacao"]) for x in pec.vistos("status", ANTES)} == esperadas
    assert {op for _, op in esperadas.values()} == {"alteracao", "exclusao"}


def test_late_edit_does_not_move_the_status_marker(pec):
    atend, prof, _ = pec.visita()
    inicio = pec.agora()
    with pec.con:
        c = pec.clinica()
        c.fazer("update tb_evolucao_plano set ds_plano = 'Corrigido' where co_atend_prof = %s", prof)
        c.auditar("evolucao_plano", "co_atend_prof", prof, prof, "A")
    origem = "auditoria_evolucao" if c.nova else "revisao"
    assert pec.vistos("status", inicio) == [] and [x["chave"] for x in pec.vistos(origem, inicio)] == [atend]
    assert pec.vigia(origem, inicio)["quantidade"] == 1


def test_one_cancelled_professional_does_not_cancel_the_visit(pec):
    with pec.con:
        c = pec.clinica()
        atend = c.admitir(c.novo_cidadao()[1])
        um, _dois = c.turno(atend, 2), c.turno(atend, 1)
        c.status(atend, 4)
        c.fazer("update tb_atend_prof set st_cancelado = 1 where co_seq_atend_prof = %s", um)
    assert [x["operacao"] for x in pec.vistos("status", logo_antes(c.agora)) if x["chave"] == atend] == ["alteracao"]


def test_merged_citizen_travels_as_the_survivor(pec):
    """Trap 19: both charts' visits carry one patient key, the merged record says where it went."""
    (sai_visita, _, sai), (fica_visita, _, fica) = pec.visita(), pec.visita()
    inicio = pec.agora()
    pec.sql("update tb_cidadao set st_unificado = 1 where co_seq_cidadao = %s", sai)
    pec.sql("update tb_prontuario set co_prontuario_grupo = 4242 + %s where co_cidadao in (%s, %s)", fica, sai, fica)
    pec.sql("insert into tb_prontuario_grupo_historico select co_prontuario_grupo, co_seq_prontuario, %s from tb_prontuario where co_cidadao = %s",
            inicio + timedelta(microseconds=1), sai)  # fmt: skip
    assert {(x["chave"], x["chave_paciente"]) for x in pec.vistos("unificacao", inicio)} == {(sai_visita, fica), (fica_visita, fica)}
    assert pec.mapeada(sai_visita).paciente.unificado_em == str(fica) and pec.mapeada(fica_visita).paciente.unificado_em is None


def test_ties_across_a_page_boundary_are_read_once_each(pec):
    """Trap 17: seven visits with one timestamp, pages of three."""
    pec.visita()
    momento = pec.agora()
    pec.sql("update tb_atend set dt_ultima_alteracao_status = %s where co_seq_atend between 21 and 27", momento)
    lidas, marcador, chave = [], logo_antes(momento), None
    while pagina := pec.vistos("status", marcador, chave, 3):
        lidas += [x["chave"] for x in pagina]
        marcador, chave = pagina[-1]["marcador"], pagina[-1]["chave"]
    assert lidas == list(range(21, 28))


def test_a_late_commit_changes_what_the_watch_counts(pec):
    """Trap 18: it commits with a marker older than the newest one, so only the count inside the window tells."""
    janela = pec.agora()
    outra = psycopg2.connect(pec.dsn)
    with outra.cursor() as cur:
        cur.execute("update tb_atend set dt_ultima_alteracao_status = %s where co_seq_atend = 31", (pec.agora(),))
    pec.visita()
    antes = pec.vigia("status", janela)
    outra.commit()
    outra.close()
    depois = pec.vigia("status", janela)
    assert depois["marcador"] == antes["marcador"] and depois["quantidade"] == antes["quantidade"] + 1


def test_the_watch_sees_exactly_what_the_load_will_read(pec):
    with pec.con:
        pec.clinica().novo_cidadao()  # without any visit: nothing to load, so nothing to watch
    agora = pec.agora()
    for origem in pec.consultas.origens:
        for marcador in (ANTES, agora - timedelta(hours=1), agora):
            assert bool(pec.vigia(origem.nome, marcador)["quantidade"]) == bool(
                [x for x in pec.vistos(origem.nome, marcador) if x["marcador"] > marcador]
            )


def test_a_chart_without_citizen_has_a_patient_key_of_its_own(pec):
    with pec.con:
        c = pec.clinica()
        prontuario = c.inserir("tb_prontuario", co_seq_prontuario=None)
        atend = c.admitir(prontuario)
    assert [x["chave_paciente"] for x in pec.vistos("status", logo_antes(c.agora)) if x["chave"] == atend] == [-prontuario]


def chaves(pec, **filtros):
    valores = dict.fromkeys(("chave", "atendimento", "paciente", "inicio", "fim")) | {"limite": 10_000} | filtros
    with pec.engine.connect() as con:
        return pec.consultas.linhas(con, "keys.sql", **valores)


def test_keys_of_the_whole_history_come_in_pages(pec):
    lidas, chave = [], None
    while pagina := chaves(pec, chave=chave, limite=70):
        lidas += [str(x["chave"]) for x in pagina]
        chave = pagina[-1]["chave"]
    assert lidas == [e.chave for e in esus_ab.chaves(pec.con)]
    with pec.engine.connect() as con:
        assert pec.consultas.linhas(con, "total.sql")[0]["total"] == len(lidas)


def test_replay_of_one_visit_one_citizen_or_a_range(pec):
    atend, _, cidadao = pec.visita()
    (inicio,) = pec.sql("select dt_inicio from tb_atend where co_seq_atend = %s", atend)[0]
    assert [x["chave"] for x in chaves(pec, atendimento=atend)] == [atend]
    assert [x["chave"] for x in chaves(pec, paciente=cidadao)] == [atend]
    assert [x["chave"] for x in chaves(pec, inicio=inicio, fim=inicio + timedelta(microseconds=1))] == [atend]
    assert chaves(pec, inicio=inicio, fim=inicio) == []


def test_equal_seeds_write_equal_histories(pec_nova, banco):
    resumo = "select md5(string_agg(ds_plano, '' order by co_atend_prof)) from tb_evolucao_plano where co_atend_prof < 100"
    esus_ab.criar(banco)
    esus_ab.gerar(banco, 200, 7)
    with psycopg2.connect(banco) as con, con.cursor() as cur:
        cur.execute(resumo)
        assert cur.fetchall() == pec_nova.sql(resumo)


def test_a_schema_that_is_there_is_left_alone(pec_nova):
    esus_ab.criar(pec_nova.dsn)
    assert pec_nova.sql("select count(*) >= 200 from tb_atend")[0][0]


def test_without_any_marker_the_error_says_what_was_looked_for(pec_nova):
    consultas = ConsultasSistema(pec_nova.engine, pec_nova.consultas.sistema)
    consultas.__dict__["colunas"] = frozenset()
    with pytest.raises(Exception, match=r"tb_atend\.dt_ultima_alteracao_status"):
        _ = consultas.origens
