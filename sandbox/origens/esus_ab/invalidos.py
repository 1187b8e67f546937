"""Bad input as hospitals really have it: each case is a new citizen with one finished visit, so that nobody else is affected."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.esus_ab.simulador import Clinica


def _in_cidadao(column: str, value: str) -> Callable[[Clinica, int, int, int], None]:
    def damage(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.do(f"update tb_cidadao set {column} = %s where co_seq_cidadao = %s", value, cidadao)

    return damage


def _in_measurement(column: str, value: str) -> Callable[[Clinica, int, int, int], None]:
    def damage(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.insert("tb_medicao", co_seq_medicao=None, dt_medicao=c.now, co_atend_prof=prof, **{column: value})

    return damage


def _in_plan(text: str) -> Callable[[Clinica, int, int, int], None]:
    def damage(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.do("update tb_evolucao_plano set ds_plano = %s where co_atend_prof = %s", text, prof)

    return damage


def _new_state(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
    c.do("insert into tb_status_atend values (77, 'Nova situação', 'NOVA') on conflict do nothing")
    c.do("update tb_atend set st_atend = 77 where co_seq_atend = %s", atend)


def _nulls(c: Clinica, cidadao: int, atend: int, prof: int, less: tuple[str, ...] = ()) -> None:
    """NULL in every column that may be NULL."""
    children = ("medicao", "receita_medicamento", "requisicao_exame", "alergia_evolucao")
    targets = [("tb_cidadao", "co_seq_cidadao", cidadao), ("tb_atend", "co_seq_atend", atend), ("tb_atend_prof", "co_seq_atend_prof", prof)]
    targets += [(f"tb_{t}", "co_atend_prof", prof) for t in children]
    targets += [(f"tb_evolucao_{t}", "co_atend_prof", prof) for t in ("subjetivo", "objetivo", "avaliacao", "plano")]
    for table, column, key in targets:
        c.cur.execute(
            "select column_name from information_schema.columns where table_name = %s and is_nullable = 'YES' and column_name <> all(%s)",
            (table, [column, *less]),
        )
        columns = [row[0] for row in c.cur.fetchall()]
        c.do(f"update {table} set {', '.join(f'{x} = null' for x in columns)} where {column} = %s", key)


def _nulls_but_name(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
    _nulls(c, cidadao, atend, prof, ("no_cidadao",))


CASES: dict[str, tuple[Callable[[Clinica, int, int, int], None], str | None]] = {
    "nascimento_impossivel": (_in_cidadao("dt_nascimento", "0202-03-01"), "paciente.dataNascimento"),
    "nascimento_fora_do_driver": (_in_cidadao("dt_nascimento", "20026-03-01"), "origem"),
    "cpf_invalido": (_in_cidadao("nu_cpf", "12345678900"), "paciente.cpf"),
    "cns_invalido": (_in_cidadao("nu_cns", "700000000000001"), "paciente.cns"),
    "sexo_desconhecido": (_in_cidadao("no_sexo", "OUTRO"), "sexo"),
    "situacao_desconhecida": (_new_state, "situacao_atendimento"),
    "pressao_ilegivel": (_in_measurement("nu_medicao_pressao_arterial", "12o/8O"), "sinaisVitais.PRESSAO_SISTOLICA"),
    "pressao_em_cmhg": (_in_measurement("nu_medicao_pressao_arterial", "12/8"), "sinaisVitais.PRESSAO_SISTOLICA"),
    "peso_em_gramas": (_in_measurement("nu_medicao_peso", "72500"), "sinaisVitais.PESO"),
    "temperatura_sem_virgula": (_in_measurement("nu_medicao_temperatura", "365"), "sinaisVitais.TEMPERATURA"),
    "um_megabyte_de_texto": (_in_plan("<p>Evolução longa &amp; sem fim.</p>" * 30_000), None),
    "controles_e_emoji": (_in_plan("<p>Melhora \x01\x02\x0b\x1f\x7f\u0085 🙂👩🏽‍⚕️ \U0001f9ec</p>"), None),
    "nulos": (_nulls, "paciente.nome"),
    "nulos_menos_nome": (_nulls_but_name, None),
}
"""Case → what it does to the visit, and the field that the reason names (``None``: it must arrive)."""
INVALID = tuple(CASES)
STRANGE = tuple(kind for kind, (_, field) in CASES.items() if not field)
ITEM_FAULTS = ("pressao_ilegivel", "pressao_em_cmhg", "peso_em_gramas", "temperatura_sem_virgula")
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """A new visit with one thing wrong (``kind``, else a random one), not committed."""
    c = Clinica(con, rng)
    kind = kind or rng.choice(INVALID)
    cidadao, medical_record = c.new_cidadao()
    atend = c.admit(medical_record)
    prof = c.shift(atend, 1)
    c.write_text(prof, medical_record)
    c.status(atend, 4, prof)
    CASES[kind][0](c, cidadao, atend, prof)
    return Change(str(atend), "inclusao", kind, str(cidadao), (str(atend),), recusada=CASES[kind][1] is not None)
