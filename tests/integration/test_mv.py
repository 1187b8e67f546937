"""MV's rows, read with the shipped SQL on a generated hospital, become valid attendances and patients, or reasons."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.fusion.errors import ConfiguracaoInvalida, motivo_de
from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.content import corpo, versao_conteudo
from include.fusion.reading.reader import Leitor
from include.fusion.sistemas.mv.system import SISTEMA
from sandbox.fusion import contrato
from sandbox.origens import mv as origem
from sandbox.origens.mv.clinica import documento
from sandbox.origens.mv.hospital import Hospital
from tests.integration.mv_apoio import CHAVES, lido, linhas, novo, novo_leitor, paginas, receita

pytest_plugins = ["tests.integration.mv_pecas"]

# The generated hospital


def test_a_generated_hospital_is_what_fusion_takes(gerados: list[Atendimento]) -> None:
    for um in gerados:
        enviado = corpo(um)
        assert [e.message for e in contrato.validador("Atendimento").iter_errors(enviado)] == []
        contrato.conferir_itens(enviado, "atendimento")


def test_every_kind_of_content_arrives(gerados: list[Atendimento]) -> None:
    tipos = ("alergias", "diagnosticos", "prescricoes", "solicitacoes_exame", "evolucoes", "sinais_vitais", "movimentacoes_leito")
    assert {t: any(getattr(x, t) for x in gerados) for t in tipos} == dict.fromkeys(tipos, True)
    assert any(m.uti for x in gerados for m in x.movimentacoes_leito) and any(x.nega_alergias for x in gerados)
    assert {e.codigo[:3] for x in gerados for e in x.evolucoes} == {"DOC", "PRE"}


def test_moves_are_in_order_and_the_last_of_an_open_stay_is_current(gerados: list[Atendimento]) -> None:
    internados = [x for x in gerados if x.movimentacoes_leito]
    assert all(m.inicio <= n.inicio for x in internados for m, n in zip(x.movimentacoes_leito, x.movimentacoes_leito[1:], strict=False))
    abertos = [x for x in internados if x.situacao == "EM_ATENDIMENTO"]
    assert abertos and all(x.movimentacoes_leito[-1].fim is None and x.movimentacoes_leito[-1].leito == x.leito for x in abertos)


def test_every_moment_is_plausible_whatever_date_its_hr_column_carries(gerados: list[Atendimento]) -> None:
    momentos = [x.data_inicio for x in gerados] + [m.inicio for x in gerados for m in x.movimentacoes_leito]
    assert min(momentos).year >= 2020
    assert any((m.hour, m.minute) != (0, 0) for m in momentos)


def test_an_unknown_sign_is_left_out_and_counted(dsn_mv: str) -> None:
    leitor_mv = novo_leitor(dsn_mv)
    leitor_mv.ler(CHAVES)
    assert {codigo for catalogo, codigo in leitor_mv.contexto.depara.faltantes if catalogo == "sinais_vitais"} == {"900"}
    assert {c for c, _ in leitor_mv.contexto.depara.faltantes} == {"sinais_vitais"}


def test_markup_never_reaches_fusion(gerados: list[Atendimento]) -> None:
    tudo = json.dumps([corpo(x) for x in gerados], ensure_ascii=False)
    assert not any(marca in tudo for marca in ("<p>", "{\\\\rtf", "&amp;"))


def test_reading_twice_gives_the_same_content(leitor_mv: Leitor, gerados: list[Atendimento]) -> None:
    outra = leitor_mv.ler(CHAVES)
    assert [versao_conteudo(corpo(x)) for x in gerados] == [versao_conteudo(corpo(outra[x.codigo])) for x in gerados]  # type: ignore[arg-type]


def test_patients_alone_are_those_of_their_attendances(dsn_mv: str, gerados: list[Atendimento]) -> None:
    sozinhos = novo_leitor(dsn_mv, "paciente").ler(sorted({x.paciente.codigo for x in gerados}))
    assert all(isinstance(p, Paciente) for p in sozinhos.values())
    assert [x.codigo for x in gerados if sozinhos[x.paciente.codigo] != x.paciente] == []


# What may leave the hospital


def test_open_and_confidential_documents_stay_in_the_hospital(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    documento(hospital, chave, paciente, "TEXTO FECHADO")
    documento(hospital, chave, paciente, "TEXTO ABERTO", aberto=True)
    sigiloso = documento(hospital, chave, paciente, "TEXTO SIGILOSO")
    hospital.mudar("pw_documento_clinico", "cd_documento_clinico", sigiloso, sn_confidencial="S")
    vazio = documento(hospital, chave, paciente, "TEXTO DE INDICADOR NULO")
    hospital.mudar("pw_documento_clinico", "cd_documento_clinico", vazio, sn_confidencial=None)
    assert [e.texto for e in lido(leitor_mv, hospital, chave).evolucoes] == ["TEXTO FECHADO", "TEXTO DE INDICADOR NULO"]


def test_open_prescriptions_are_drafts_and_notes_of_open_or_confidential_documents_stay(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    aberto = documento(hospital, chave, paciente, "", aberto=True)
    sigiloso, fechado = documento(hospital, chave, paciente, ""), documento(hospital, chave, paciente, "")
    hospital.mudar("pw_documento_clinico", "cd_documento_clinico", sigiloso, sn_confidencial="S")
    receita(hospital, chave, "NOTA FECHADA", tp_pre_med="E")
    receita(hospital, chave, "RASCUNHO", sn_fechado="N")
    receita(hospital, chave, "SEM INDICADOR", sn_fechado=None)
    receita(hospital, chave, "DE ABERTO", cd_documento_clinico=aberto)
    receita(hospital, chave, "DE SIGILOSO", cd_documento_clinico=sigiloso)
    receita(hospital, chave, "DE FECHADO", cd_documento_clinico=fechado)
    achado = lido(leitor_mv, hospital, chave)
    assert [(e.texto, e.tipo) for e in achado.evolucoes] == [("NOTA FECHADA", "ENFERMAGEM"), ("DE FECHADO", "MEDICA")]
    assert len(achado.prescricoes) == 4


def test_a_cancelled_item_is_seen_and_arrives_as_suspended(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    numero = receita(hospital, chave, "")
    item = hospital.um("select cd_itpre_med from dbamv.itpre_med where cd_pre_med = %s", numero)[0]
    depois = hospital.agora + timedelta(minutes=1)
    hospital.mudar("itpre_med", "cd_itpre_med", item, sn_cancelado="S", dh_cancelado=depois)
    assert [p.suspenso for p in lido(leitor_mv, hospital, chave).prescricoes] == [True]
    assert (depois, chave) in paginas(leitor_mv, "change_prescricao_cancelada.sql", 10_000)


# Course of an attendance


def test_a_cancelled_discharge_reopens_the_attendance(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    hospital.mudar("atendime", "cd_atendimento", chave, dt_alta=hospital.agora, hr_alta=hospital.agora, cd_mot_alt=1)
    assert (alta := lido(leitor_mv, hospital, chave)).situacao == "FINALIZADO" and alta.motivo_alta == "ALTA"
    hospital.mudar("atendime", "cd_atendimento", chave, dt_alta=None)
    reaberto = lido(leitor_mv, hospital, chave)
    assert (reaberto.situacao, reaberto.data_fim, reaberto.motivo_alta) == ("EM_ATENDIMENTO", None, None)


@pytest.mark.parametrize(("conta", "uti"), [(False, [False, False, True]), (True, [False, True, True])])
def test_moves_with_icu_and_semi_icu_by_setting(dsn_mv: str, hospital: Hospital, conta: bool, uti: list[bool]) -> None:
    chave, _ = novo(hospital)
    anterior = None
    for n, (unidade, tipo) in enumerate(((1, "I"), (11, "O"), (9, "O"))):
        cama = hospital.um("select cd_leito from dbamv.leito where cd_unid_int = %s order by random() limit 1", unidade)[0]
        momento = datetime(2026, 1, 1 + n)
        hospital.inserir("mov_int", cd_atendimento=chave, cd_leito=cama, cd_leito_anterior=anterior, dt_mov_int=momento, tp_mov=tipo,
                  hr_mov_int=datetime(2001 - n, 5, 17, 8, n), dt_lib_mov=None if n == 2 else momento + timedelta(days=1),
                  hr_lib_mov=None if n == 2 else datetime(1900, 1, 1, 8, n + 1))  # fmt: skip
        anterior = cama
    hospital.inserir("mov_int", cd_atendimento=chave, cd_leito=anterior, dt_mov_int=hospital.agora, hr_mov_int=hospital.agora, tp_mov="R")
    movimentos = lido(novo_leitor(dsn_mv, semi_uti=conta), hospital, chave).movimentacoes_leito
    assert [m.uti for m in movimentos] == uti
    assert [m.tipo for m in movimentos] == ["INTERNACAO", "TRANSFERENCIA", "TRANSFERENCIA"]
    assert [m.fim for m in movimentos] == [movimentos[1].inicio, movimentos[2].inicio, None]
    assert [m.leito_anterior for m in movimentos] == [None, movimentos[0].leito, movimentos[1].leito]


def test_local_times_have_the_offset_of_the_place_then(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    hospital.mudar("atendime", "cd_atendimento", chave, dt_atendimento=datetime(2012, 1, 15), hr_atendimento=datetime(1900, 1, 1, 12))
    assert corpo(lido(leitor_mv, hospital, chave))["dataInicio"] == "2012-01-15T12:00:00-02:00"


def test_an_empty_text_is_null_as_on_oracle(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    colunas = hospital.chaves(
        "select column_name from information_schema.columns where table_schema = 'dbamv' and table_name = 'paciente'"
        " and data_type = 'character varying' and is_nullable = 'YES'"
    )
    versoes = []
    for valor in (None, "", " "):
        hospital.mudar("paciente", "cd_paciente", paciente, **dict.fromkeys(colunas, valor))
        versoes.append(versao_conteudo(corpo(lido(leitor_mv, hospital, chave))))
    assert len(set(versoes)) == 1


def test_allergies_of_both_records_win_over_the_denial(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, paciente = novo(hospital)
    for tipo, alimento in (("D", None), ("A", hospital.um("select min(cd_alimento) from dbamv.pw_alimento")[0])):
        problema = hospital.inserir("pw_problema", cd_paciente=paciente, sn_ativo="S")
        hospital.inserir("pw_alergia_pac", cd_problema=problema, tp_alergia=tipo, cd_alimento=alimento, tp_severidade="M")
    hospital.inserir(
        "hist_subs_pac",
        cd_paciente=paciente,
        cd_substancia=hospital.um("select min(cd_substancia) from dbamv.substancia")[0],
        tp_alergia="S",
    )
    lidas = lido(leitor_mv, hospital, chave).alergias
    assert [(a.codigo[0], a.nega, a.categoria) for a in lidas] == [
        ("P", False, "ALIMENTO"),
        ("S", False, "MEDICAMENTO"),
    ]


def test_an_attendance_that_changes_hands_while_it_is_read_mixes_no_two_patients(
    dsn_mv: str, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    chave, paciente = novo(hospital)
    outro = hospital.novo_paciente()
    problema = hospital.inserir("pw_problema", cd_paciente=outro, sn_ativo="S")
    hospital.inserir("pw_alergia_pac", cd_problema=problema, tp_alergia="O", ds_outros="Iodo")
    hospital.cur.connection.commit()
    leitor = novo_leitor(dsn_mv)
    linhas_de = leitor.consultas.linhas

    def corrigir(con: Any, arquivo: str, **valores: Any) -> Any:
        if arquivo == "read_movimentacoes.sql":
            hospital.mudar("atendime", "cd_atendimento", chave, cd_paciente=outro)
            hospital.cur.connection.commit()
        return linhas_de(con, arquivo, **valores)

    monkeypatch.setattr(leitor.consultas, "linhas", corrigir)
    antes, depois = (leitor.ler([str(chave)])[str(chave)] for _ in range(2))
    assert [(x.paciente.codigo, len(x.alergias)) for x in (antes, depois)] == [(str(paciente), 0), (str(outro), 1)]


def test_an_account_that_sees_no_record_of_allergies_stops_instead_of_saying_there_are_none(dsn_mv: str, tmp_path: Path) -> None:
    consultas = novo_leitor(dsn_mv).consultas
    consultas.colunas = frozenset(c for c in consultas.colunas if not c.startswith(("pw_alergia_pac", "hist_subs_pac")))
    with pytest.raises(ConfiguracaoInvalida, match=r"not granted.*hist_subs_pac"):
        consultas.escolher(SISTEMA.detalhes)
    (tmp_path / "read_alergias.sql").write_text("select 1 as chave")
    consultas.pasta_sql = tmp_path
    assert ("alergias", "read_alergias.sql") in consultas.escolher(SISTEMA.detalhes)


@pytest.mark.parametrize("falta", [("pw_alergia_pac", "pw_problema"), ("hist_subs_pac",)])
def test_a_site_may_have_one_record_of_allergies_only(dsn_mv: str, falta: tuple[str, ...]) -> None:
    consultas = novo_leitor(dsn_mv).consultas
    consultas.colunas = frozenset(c for c in consultas.colunas if c.split(".")[0] not in falta)
    alergias = [nome for nome, _ in consultas.detalhes if nome.startswith("alergias")]
    assert alergias == (["alergias_antigas"] if len(falta) == 2 else ["alergias"])


def test_what_the_hospital_does_in_a_day_stays_valid(leitor_mv: Leitor, con_mv: Any) -> None:
    rng, mudadas = random.Random(9), set()
    for _ in range(150):
        mudadas.add(origem.mudar(con_mv, rng).chave)
        con_mv.commit()
    assert [motivo_de(x) for x in leitor_mv.ler(sorted(mudadas)).values() if isinstance(x, Exception)] == []


# Bad and odd input


def _mudado(con_mv: Any, tipo: str) -> str:
    chave = origem.mudar_invalido(con_mv, random.Random(5), tipo).chave
    con_mv.commit()
    return chave


@pytest.mark.parametrize("tipo", origem.INVALIDOS)
def test_bad_input_gets_a_reason_without_any_of_its_data(leitor_mv: Leitor, con_mv: Any, tipo: str) -> None:
    chave = _mudado(con_mv, tipo)
    juntos = leitor_mv.ler([chave, "1"])
    assert isinstance(juntos["1"], Atendimento) and isinstance(juntos[chave], Exception)
    motivo = motivo_de(juntos[chave])  # type: ignore[arg-type]
    assert "inesperada" not in motivo
    linha = linhas(leitor_mv, "read_atendimento.sql", chaves=[int(chave)])[0]
    dados = [v for c, v in linha.items() if isinstance(v, str) and len(v) > 3 and c.startswith(("nm_", "nr_", "ds_end", "email", "cd_cns"))]
    assert [v for v in dados if v in motivo] == []


@pytest.mark.parametrize("tipo", origem.ESTRANHOS)
def test_odd_input_arrives(leitor_mv: Leitor, con_mv: Any, tipo: str) -> None:
    chave = _mudado(con_mv, tipo)
    achado = leitor_mv.ler([chave])[chave]
    assert isinstance(achado, Atendimento), achado
    enviado = corpo(achado)
    assert [e.message for e in contrato.validador("Atendimento").iter_errors(enviado)] == []
    contrato.conferir_itens(enviado, "atendimento")


def test_a_deleted_attendance_is_none(leitor_mv: Leitor, hospital: Hospital) -> None:
    chave, _ = novo(hospital)
    hospital.cur.execute("delete from dbamv.atendime where cd_atendimento = %s", (chave,))
    hospital.cur.connection.commit()
    assert leitor_mv.ler([str(chave)]) == {str(chave): None}
