"""Bad input as hospitals really have it: each case is a new citizen with one finished visit, so that nobody else is affected."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.esus_ab.simulador import Clinica


def _no_cidadao(coluna: str, valor: str) -> Callable[[Clinica, int, int, int], None]:
    def estragar(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.fazer(f"update tb_cidadao set {coluna} = %s where co_seq_cidadao = %s", valor, cidadao)

    return estragar


def _na_medicao(coluna: str, valor: str) -> Callable[[Clinica, int, int, int], None]:
    def estragar(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.inserir("tb_medicao", co_seq_medicao=None, dt_medicao=c.agora, co_atend_prof=prof, **{coluna: valor})

    return estragar


def _no_plano(texto: str) -> Callable[[Clinica, int, int, int], None]:
    def estragar(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
        c.fazer("update tb_evolucao_plano set ds_plano = %s where co_atend_prof = %s", texto, prof)

    return estragar


def _situacao_nova(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
    c.fazer("insert into tb_status_atend values (77, 'Nova situação', 'NOVA') on conflict do nothing")
    c.fazer("update tb_atend set st_atend = 77 where co_seq_atend = %s", atend)


def _nulos(c: Clinica, cidadao: int, atend: int, prof: int, menos: tuple[str, ...] = ()) -> None:
    """NULL in every column that may be NULL."""
    filhas = ("medicao", "receita_medicamento", "requisicao_exame", "alergia_evolucao")
    alvos = [("tb_cidadao", "co_seq_cidadao", cidadao), ("tb_atend", "co_seq_atend", atend), ("tb_atend_prof", "co_seq_atend_prof", prof)]
    alvos += [(f"tb_{t}", "co_atend_prof", prof) for t in filhas]
    alvos += [(f"tb_evolucao_{t}", "co_atend_prof", prof) for t in ("subjetivo", "objetivo", "avaliacao", "plano")]
    for tabela, coluna, chave in alvos:
        c.cur.execute(
            "select column_name from information_schema.columns where table_name = %s and is_nullable = 'YES' and column_name <> all(%s)",
            (tabela, [coluna, *menos]),
        )
        colunas = [linha[0] for linha in c.cur.fetchall()]
        c.fazer(f"update {tabela} set {', '.join(f'{x} = null' for x in colunas)} where {coluna} = %s", chave)


def _nulos_menos_nome(c: Clinica, cidadao: int, atend: int, prof: int) -> None:
    _nulos(c, cidadao, atend, prof, ("no_cidadao",))


CASOS: dict[str, tuple[Callable[[Clinica, int, int, int], None], str | None]] = {
    "nascimento_impossivel": (_no_cidadao("dt_nascimento", "0202-03-01"), "paciente.dataNascimento"),
    "nascimento_fora_do_driver": (_no_cidadao("dt_nascimento", "20026-03-01"), "origem"),
    "cpf_invalido": (_no_cidadao("nu_cpf", "12345678900"), "paciente.cpf"),
    "cns_invalido": (_no_cidadao("nu_cns", "700000000000001"), "paciente.cns"),
    "sexo_desconhecido": (_no_cidadao("no_sexo", "OUTRO"), "sexo"),
    "situacao_desconhecida": (_situacao_nova, "situacao_atendimento"),
    "pressao_ilegivel": (_na_medicao("nu_medicao_pressao_arterial", "12o/8O"), "sinaisVitais.PRESSAO_SISTOLICA"),
    "pressao_em_cmhg": (_na_medicao("nu_medicao_pressao_arterial", "12/8"), "sinaisVitais.PRESSAO_SISTOLICA"),
    "peso_em_gramas": (_na_medicao("nu_medicao_peso", "72500"), "sinaisVitais.PESO"),
    "temperatura_sem_virgula": (_na_medicao("nu_medicao_temperatura", "365"), "sinaisVitais.TEMPERATURA"),
    "um_megabyte_de_texto": (_no_plano("<p>Evolução longa &amp; sem fim.</p>" * 30_000), None),
    "controles_e_emoji": (_no_plano("<p>Melhora \x01\x02\x0b\x1f\x7f\u0085 🙂👩🏽‍⚕️ \U0001f9ec</p>"), None),
    "nulos": (_nulos, "paciente.nome"),
    "nulos_menos_nome": (_nulos_menos_nome, None),
}
"""Case → what it does to the visit, and the field that the reason names (``None``: it must arrive)."""
INVALIDOS = tuple(CASOS)
ESTRANHOS = tuple(tipo for tipo, (_, campo) in CASOS.items() if not campo)


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """A new visit with one thing wrong (``tipo``, else a random one), not committed."""
    c = Clinica(con, rng)
    tipo = tipo or rng.choice(INVALIDOS)
    cidadao, prontuario = c.novo_cidadao()
    atend = c.admitir(prontuario)
    prof = c.turno(atend, 1)
    c.escrever(prof, prontuario)
    c.status(atend, 4, prof)
    CASOS[tipo][0](c, cidadao, atend, prof)
    return Mudanca(str(atend), "inclusao", tipo, str(cidadao), (str(atend),))
