"""Reading a PEC, both versions of its schema: what was written in the clinic arrives as it was meant."""

from __future__ import annotations

from datetime import date

import pytest

from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.sql import SystemQueries
from sandbox.origens import esus_ab
from tests.integration.sistemas.esus_ab.helpers import Pec

pytest_plugins = ["tests.integration.sistemas.esus_ab.fixtures"]


def test_every_generated_visit_maps(pec: Pec) -> None:
    read_items = pec.reader.read([e.chave for e in esus_ab.keys(pec.con)])
    assert len(read_items) >= 200 and not [x for x in read_items.values() if not isinstance(x, Atendimento)]


def test_generated_content_is_clinically_full(pec: Pec) -> None:
    read_items = list(pec.reader.read([str(n) for n in range(1, 201)]).values())
    for part in ("evolucoes", "diagnosticos", "sinais_vitais", "vacinas", "solicitacoes_exame", "exames", "prescricoes", "procedimentos"):
        assert any(getattr(x, part) for x in read_items), part


def test_a_visit_that_is_gone_is_none(pec: Pec) -> None:
    assert pec.read(99_999_999) is None


def test_lotacao_is_joined_by_its_role_key(pec: Pec) -> None:
    """Trap 1: tb_lotacao has no key of its own."""
    _, prof, _ = visit = pec.visit()
    ((name, cbo),) = pec.sql(
        f"select r.{'no_civil_profissional' if pec.clinica().new else 'no_profissional'}, b.co_cbo_2002 from tb_atend_prof f "
        "join tb_lotacao l on l.co_ator_papel = f.co_lotacao join tb_prof r on r.co_seq_prof = l.co_prof join tb_cbo b using (co_cbo) "
        "where co_seq_atend_prof = %s", prof,
    )  # fmt: skip
    who = pec.mapped(visit[0]).profissional
    assert who is not None and (who.nome, who.cbo) == (name, cbo)


def test_vital_signs_are_numbers_whatever_was_typed(pec: Pec) -> None:
    """Trap 2."""
    atend, prof, _ = pec.visit()
    pec.sql("delete from tb_medicao where co_atend_prof = %s", prof)
    pec.sql(
        "insert into tb_medicao (co_seq_medicao, dt_medicao, co_atend_prof, nu_medicao_peso, nu_medicao_altura, nu_medicao_pressao_arterial, "
        "nu_medicao_frequnca_resprtria) values (nextval('seq_pec') + 900000, now(), %s, '72,5', '1,65', '120x80', '18')", prof,
    )  # fmt: skip
    values = {s.sinal: s.valor for s in pec.mapped(atend).sinais_vitais}
    assert values == {"PESO": 72.5, "ALTURA": 165, "PRESSAO_SISTOLICA": 120, "PRESSAO_DIASTOLICA": 80, "FREQUENCIA_RESPIRATORIA": 18}


def test_signs_carried_over_from_an_earlier_visit_are_left_out(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    pec.sql("update tb_medicao set st_medicao_anterior = 1 where co_atend_prof = %s", prof)
    assert pec.mapped(atend).sinais_vitais == ()


@pytest.mark.parametrize("marca", [None, 0])
def test_work_not_marked_as_cancelled_stays(pec: Pec, marca: str) -> None:
    """Trap 3: the column is NULL for most."""
    atend, prof, _ = pec.visit()
    pec.sql("update tb_atend_prof set st_cancelado = %s where co_seq_atend_prof = %s", marca, prof)
    assert len(pec.mapped(atend).evolucoes) == 1


def test_a_visit_cancelled_whole_is_cancelled_and_empty(pec: Pec) -> None:
    atend, _, _ = pec.visit()
    pec.sql("update tb_atend_prof set st_cancelado = 1 where co_atend = %s", atend)
    read_row = pec.mapped(atend)
    assert read_row.situacao == "CANCELADO" and not (
        read_row.evolucoes or read_row.diagnosticos or read_row.sinais_vitais or read_row.prescricoes
    )


def test_cid_gets_its_dot_and_ciap_its_human_code(pec: Pec) -> None:
    """Traps 4 and 5."""
    atend, prof, _ = pec.visit()
    pec.sql("delete from rl_evolucao_avaliacao_ciap_cid where co_atend_prof = %s", prof)
    pec.sql(
        "insert into rl_evolucao_avaliacao_ciap_cid values (nextval('seq_pec') + 900000, %s, 702, "
        "(select co_cid10 from tb_cid10 where nu_cid10 = 'E119'))", prof,
    )  # fmt: skip
    (diagnostico,) = pec.mapped(atend).diagnosticos
    assert (diagnostico.cid10, diagnostico.ciap2) == ("E11.9", "T90")


def test_a_problem_code_that_is_no_ciap_stays_readable(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    pec.sql("update rl_evolucao_avaliacao_ciap_cid set co_ciap = 720, co_cid10 = null where co_atend_prof = %s", prof)
    assert {d.descricao for d in pec.mapped(atend).diagnosticos} == {"ABP001 Pré-natal"}


@pytest.mark.parametrize(("codigo", "raca"), [(1, "BRANCA"), (3, "AMARELA"), (4, "PARDA"), (5, "INDIGENA"), (None, None)])
def test_race_follows_the_order_of_ledi(pec: Pec, codigo: int, raca: str) -> None:
    """Trap 6: RNDS has 3 and 4 the other way round, and swapping them is silent."""
    atend, _, cidadao = pec.visit()
    pec.sql("update tb_cidadao set co_raca_cor = %s where co_seq_cidadao = %s", codigo, cidadao)
    assert pec.mapped(atend).paciente.raca_cor == raca


def test_vaccines_keep_the_codes_of_ledi(pec: Pec) -> None:
    """Trap 7: above 10 RNDS strategies are one lower; that shift belongs to who writes RNDS."""
    atend, prof, _ = pec.visit()
    pec.sql("insert into tb_vacinacao (co_seq_vacinacao, co_atend_prof) values (%s, %s)", 900_000 + prof, prof)
    pec.sql(
        "insert into tb_registro_vacinacao (co_seq_registro_vacinacao, co_vacinacao, co_imunobiologico, co_dose_imunobiologico, "
        "co_estrategia_vacinacao, co_via_adm_vacina, co_imunobiologico_lote, dt_aplicacao) values (%s, %s, 42, 6, 11, 14, 4, '2026-05-01 09:30')",
        900_000 + prof, 900_000 + prof,
    )  # fmt: skip
    (vacina,) = pec.mapped(atend).vacinas
    assert (vacina.imunobiologico, vacina.dose, vacina.estrategia, vacina.via) == ("42", "6", "11", "14")
    assert vacina.lote == "L04042A" and vacina.validade_lote == date(2027, 4, 28)
    assert vacina.data_aplicacao is not None and vacina.data_aplicacao.isoformat() == "2026-05-01T09:30:00-03:00"


def test_soap_loses_its_markup_and_keeps_its_paragraphs(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    pec.sql("update tb_evolucao_plano set ds_plano = %s where co_atend_prof = %s", "<p>Retorno &amp; exames</p><p>PA &lt; 140</p>", prof)
    assert pec.mapped(atend).evolucoes[0].plano == "Retorno & exames\nPA < 140"


def test_prescription_says_its_catmat_and_how_often(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    pec.sql("delete from tb_receita_medicamento where co_atend_prof = %s", prof)
    pec.sql(
        "insert into tb_receita_medicamento (co_seq_receita_medicamento, co_atend_prof, co_medicamento, st_uso_continuo, tp_frequencia_dose, "
        "ds_frequencia_dose, qt_periodo_frequencia, tp_un_medida_tempo_frequencia) values (%s, %s, 501, 1, 2, '2', 1, 1)", 900_000 + prof, prof,
    )  # fmt: skip
    (receita,) = pec.mapped(atend).prescricoes
    assert (receita.medicamento, receita.frequencia, receita.uso_continuo) == ("BR0268856", "2 vez(es) a cada 1 dia(s)", True)


def test_allergy_belongs_to_the_visit_that_wrote_it_down(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    (kind,) = pec.sql(
        "select count(*) from information_schema.columns where table_name = 'tb_alergia' and column_name = 'co_substancia_especifica'"
    )[0]
    column, value = ("co_substancia_especifica", 2) if kind else ("no_substancia_especifica", "Penicilina")
    pec.sql("delete from tb_alergia_evolucao where co_atend_prof = %s", prof)
    pec.sql(
        f"insert into tb_alergia (co_seq_alergia, co_categoria_agente_causador, {column}, co_unico_alergia) values (%s, 1, %s, %s)",
        900_000 + prof,
        value,
        900_000 + prof,
    )
    pec.sql("insert into tb_alergia_evolucao values (%s, %s, 'Urticária', null, 1, null, %s)", 900_000 + prof, 900_000 + prof, prof)
    (alergia,) = pec.mapped(atend).alergias
    assert (alergia.substancia, alergia.reacao) == ("Penicilina", "Urticária")


def test_death_and_social_name_and_contacts_arrive(pec: Pec) -> None:
    atend, _, cidadao = pec.visit()
    pec.sql(
        "update tb_cidadao set dt_obito = '2026-02-03', no_social = 'Nome Social', nu_telefone_celular = '71980000000', ds_email = null, "
        "nu_telefone_residencial = null where co_seq_cidadao = %s", cidadao,
    )  # fmt: skip
    paciente = pec.mapped(atend).paciente
    assert paciente.data_obito == date(2026, 2, 3) and paciente.nome_social == "Nome Social"
    assert [(c.tipo, c.valor) for c in paciente.contatos] == [("CELULAR", "71980000000")]


def test_a_waiting_visit_shows_who_is_responsible(pec: Pec) -> None:
    column = "co_responsavel" if pec.clinica().new else "co_lotacao"
    with pec.con:
        c = pec.clinica()
        atend = c.admit(c.new_cidadao()[1])
        c.do(f"update tb_atend set {column} = 9005 where co_seq_atend = %s", atend)
    read_row = pec.mapped(atend)
    assert read_row.profissional is not None and (read_row.situacao, read_row.profissional.codigo) == ("AGUARDANDO", "5")


def test_two_citizens_may_share_a_document(pec: Pec) -> None:
    """Trap 19: nothing makes CPF or CNS unique."""
    (a, _, one), (b, _, other) = pec.visit(), pec.visit()
    pec.sql("update tb_cidadao set nu_cpf = '52998224725' where co_seq_cidadao in (%s, %s)", one, other)
    assert pec.mapped(a).paciente.codigo != pec.mapped(b).paciente.codigo


def test_a_schema_between_the_versions_is_read_too(pec: Pec) -> None:
    queries = SystemQueries(pec.engine, pec.queries.sistema)
    queries.__dict__["columns"] = frozenset(
        {*queries.columns, "tb_atend.co_responsavel", "tb_prof.no_profissional"} - {"tb_prof.no_civil_profissional"}
    )
    assert dict(queries.details)["responsavel"] == "read_responsavel_mixed.sql"
