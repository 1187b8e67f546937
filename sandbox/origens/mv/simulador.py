"""A day in the hospital: each call of :func:`mudar` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Esperado, Mudanca
from sandbox.origens.mv import clinica
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import dia, hora

_ABERTO = "dt_alta is null"
_SEM_AGENDA = "not exists (select 1 from dbamv.aviso_cirurgia v where v.cd_atendimento = a.cd_atendimento)"
_DO_PACIENTE = {"alergia", "paciente", "unificacao"}
_Feito = Mudanca | None
"""``None``: the hospital has nothing to do this with right now."""


def _alteracao(tipo: str, chave: int) -> Mudanca:
    return Mudanca(str(chave), "alteracao", tipo)


def _admissao(h: Hospital) -> Mudanca:
    conhecido = h.recente() if h.rng.random() < 0.4 else None
    paciente = conhecido[1] if conhecido else h.novo_paciente()
    chave = h.novo_atendimento(paciente, h.rng.choice("IIIUUAAE"))
    clinica.admitir(h, h.rng, chave, paciente)
    return Mudanca(str(chave), "inclusao", "admissao")


def _clinico(tipo: str) -> Callable[[Hospital], _Feito]:
    def fazer(h: Hospital) -> _Feito:
        if (alvo := h.recente(_ABERTO) or h.recente()) is None:
            return None
        clinica.ITENS[tipo][0](h, *alvo)
        return _alteracao(tipo, alvo[0])

    return fazer


def _cadastro(h: Hospital) -> _Feito:
    """The reception corrects what it typed: payer, doctor, or the time of arrival."""
    if (alvo := h.recente(_ABERTO)) is None:
        return None
    convenio, prestador = h.um(
        "select coalesce(cd_convenio, 0), coalesce(cd_prestador, 0) from dbamv.atendime where cd_atendimento = %s", alvo[0]
    )
    h.mudar("atendime", "cd_atendimento", alvo[0], cd_convenio=convenio % 4 + 1, cd_prestador=prestador % 100 + 1)
    return _alteracao("cadastro", alvo[0])


def _mover(h: Hospital, tipo: str, uti: bool | None) -> _Feito:
    estadia = h.estadia()
    if estadia is None or (destino := h.leito_vago(not estadia.uti if uti is None else uti)) is None:
        return None
    h.desocupar(estadia)
    h.ocupar(estadia.atendimento, destino, "O", estadia.leito)
    h.mudar("atendime", "cd_atendimento", estadia.atendimento, cd_leito=destino)
    return _alteracao(tipo if uti is not None else "uti_saida" if estadia.uti else "uti_entrada", estadia.atendimento)


def _transferencia(h: Hospital) -> _Feito:
    return _mover(h, "transferencia", False)


def _uti(h: Hospital) -> _Feito:
    """Into intensive care, or out of it."""
    return _mover(h, "uti", None)


def _alta_medica(h: Hospital) -> _Feito:
    if (alvo := h.recente(f"{_ABERTO} and dt_alta_medica is null and tp_atendimento = 'I'")) is None:
        return None
    h.mudar("atendime", "cd_atendimento", alvo[0], dt_alta_medica=dia(h.agora), hr_alta_medica=hora(h.agora))
    return _alteracao("alta_medica", alvo[0])


def _alta(h: Hospital) -> _Feito:
    estadia = h.estadia() if h.rng.random() < 0.6 else None
    alvo = (estadia.atendimento, estadia.paciente) if estadia else h.recente(_ABERTO)
    if alvo is None:
        return None
    motivo, _, tipo = h.rng.choice(t.MOTIVOS_ALTA)
    estadia = estadia or h.estadia_de(alvo[0])
    medica = h.um("select dt_alta_medica from dbamv.atendime where cd_atendimento = %s", alvo[0])[0]
    valores = {"dt_alta": dia(h.agora), "hr_alta": hora(h.agora), "dh_alta_lancada": h.agora, "cd_mot_alt": motivo, "sn_internado": "N"}  # fmt: skip
    if tipo == "O":
        valores["sn_obito"] = "S"
    if estadia and medica is None:
        valores |= {"dt_alta_medica": dia(h.agora), "hr_alta_medica": hora(h.agora)}
    h.mudar("atendime", "cd_atendimento", alvo[0], **valores)
    if estadia:
        h.desocupar(estadia)
    return _alteracao("alta", alvo[0])


def _alta_cancelada(h: Hospital) -> _Feito:
    """The patient has not left after all: back into the same bed, or into another where somebody else lies there by now."""
    alvo = h.recente("dt_alta is not null and tp_atendimento = 'I' and coalesce(sn_obito, 'N') = 'N' and cd_leito is not null")
    if alvo is None:
        return None
    mov, cama = h.um(
        "select cd_mov_int, cd_leito from dbamv.mov_int where cd_atendimento = %s and tp_mov in ('I', 'O') order by 1 desc limit 1", alvo[0]
    )
    ocupacao = h.um("select tp_ocupacao from dbamv.leito where cd_leito = %s for update", cama)[0]
    destino = cama if ocupacao in ("V", "L") else h.leito_vago(False)
    if destino is None:
        return None
    if destino == cama:
        h.limpar(cama)
        h.mudar("mov_int", "cd_mov_int", mov, dt_lib_mov=None, hr_lib_mov=None)
        h.mudar("leito", "cd_leito", cama, tp_ocupacao="O")
    else:
        h.ocupar(alvo[0], destino, "O", cama)
    h.mudar("atendime", "cd_atendimento", alvo[0], dt_alta=None, hr_alta=None, dt_alta_medica=None, hr_alta_medica=None, dh_alta_lancada=None,
            cd_mot_alt=None, sn_internado="S", cd_leito=destino)  # fmt: skip
    return _alteracao("alta_cancelada", alvo[0])


_FILHOS = (
    "itcoleta_sinal_vital where cd_coleta_sinal_vital in (select cd_coleta_sinal_vital from dbamv.coleta_sinal_vital where cd_atendimento = %s)",
    "coleta_sinal_vital where cd_atendimento = %s",
    "itpre_med where cd_pre_med in (select cd_pre_med from dbamv.pre_med where cd_atendimento = %s)",
    "pre_med where cd_atendimento = %s",
    "pw_editor_clinico where cd_documento_clinico in (select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s)",
    "pw_editor_registro where cd_documento_clinico in (select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s)",
    "pw_documento_clinico where cd_atendimento = %s",
    "diagnostico_atendime where cd_atendimento = %s",
    "mov_int where cd_atendimento = %s",
    "atendime where cd_atendimento = %s",
)


def _exclusao(h: Hospital) -> _Feito:
    """Opened by mistake: the attendance goes for good, with everything below it, and its bed is free at once."""
    if (
        alvo := h.recente(f"{_SEM_AGENDA} and not exists (select 1 from dbamv.atendime f where f.cd_atendimento_pai = a.cd_atendimento)")
    ) is None:
        return None
    if estadia := h.estadia_de(alvo[0]):
        h.mudar("leito", "cd_leito", estadia.leito, tp_ocupacao="V")
    for filho in _FILHOS:
        h.um(f"delete from dbamv.{filho}", alvo[0])
    h.um("insert into sandbox.excluidos values (%s, %s)", *alvo)
    return Mudanca(str(alvo[0]), "exclusao", "exclusao", str(alvo[1]), (str(alvo[0]),))


def _paciente(h: Hospital) -> _Feito:
    if (alvo := h.recente()) is None:
        return None
    campo, valor = h.rng.choice((
        ("nr_celular", f"9{h.rng.randint(80_000_000, 99_999_999)}"), ("nr_endereco", h.rng.randint(1, 5000)), ("ds_complemento", f"Casa {h.rng.randint(1, 999)}"),
        ("email", f"novo{h.rng.randint(1, 10**9)}@exemplo.com.br"), ("nm_social_paciente", f"Nome Social {h.rng.randint(1, 10**6)}"),
    ))  # fmt: skip
    h.mudar("paciente", "cd_paciente", alvo[1], **{campo: valor}, dt_ultima_atualizacao=h.agora, nm_usuario_ultima_atualizacao="RECEPCAO")
    return _alteracao("paciente", alvo[0])


def _unificacao(h: Hospital) -> _Feito:
    """Two records of one person: everything of one moves to the other, and the emptied one is switched off."""
    sem_agenda = "not exists (select 1 from dbamv.aviso_cirurgia v where v.cd_paciente = a.cd_paciente)"
    if (sai := h.recente(sem_agenda)) is None or (fica := h.recente(f"cd_paciente <> {int(sai[1])} and {sem_agenda}")) is None:
        return None
    for tabela in ("atendime", "pw_documento_clinico", "pw_problema"):
        h.um(f"update dbamv.{tabela} set cd_paciente = %s where cd_paciente = %s", fica[1], sai[1])
    h.um("update dbamv.hist_subs_pac s set cd_paciente = %s where cd_paciente = %s and not exists (select 1 from dbamv.hist_subs_pac r"
         " where r.cd_paciente = %s and r.cd_substancia = s.cd_substancia)", fica[1], sai[1], fica[1])  # fmt: skip
    marca = {"dt_ultima_atualizacao": h.agora, "nm_usuario_ultima_atualizacao": "SAME"}
    h.mudar("paciente", "cd_paciente", sai[1], sn_ativo="N", dt_inativo=h.agora, **marca)
    h.mudar("paciente", "cd_paciente", fica[1], **marca)
    return _alteracao("unificacao", sai[0])


MUDANCAS: dict[Callable[[Hospital], _Feito], int] = {
    _admissao: 33, **{_clinico(tipo): peso for tipo, (_, peso) in clinica.ITENS.items()}, _cadastro: 2, _transferencia: 8, _uti: 6, _alta_medica: 2, _alta: 10,
    _alta_cancelada: 2, _exclusao: 3, _paciente: 8, _unificacao: 2,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def completa(h: Hospital, mudanca: Mudanca) -> Mudanca:
    """The change with its patient and, where the patient changed, every attendance that carries him or her."""
    if mudanca.operacao == "exclusao":
        return mudanca
    paciente = h.um("select cd_paciente from dbamv.atendime where cd_atendimento = %s", int(mudanca.chave))[0]
    afetadas: tuple[str, ...] = (mudanca.chave,)
    if mudanca.tipo in _DO_PACIENTE:
        afetadas = tuple(map(str, h.chaves("select cd_atendimento from dbamv.atendime where cd_paciente = %s order by 1", paciente)))
    return dataclasses.replace(mudanca, chave_paciente=str(paciente), afetadas=afetadas)


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    hospital = Hospital(con, rng)
    escolhida = rng.choices(list(MUDANCAS), list(MUDANCAS.values()))[0]
    return completa(hospital, escolhida(hospital) or _admissao(hospital))


def chaves(con: Any) -> Iterator[Esperado]:
    """Every attendance that is there, and every deleted one, with the state that Fusion must have; ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select cd_atendimento, cd_paciente, 'alteracao' from dbamv.atendime union all select cd_atendimento, cd_paciente, 'exclusao'"
                    " from sandbox.excluidos order by 1")  # fmt: skip
        for chave, paciente, operacao in cur:
            yield Esperado(str(chave), str(paciente), operacao)
