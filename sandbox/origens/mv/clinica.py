"""What is written at the bedside: each function changes one attendance's content and leaves a marker that the hub can see."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUNAS
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import dia, hora

_ITEM = COLUNAS["itpre_med"].split(", ")[2:]


def documento(h: Hospital, chave: int, paciente: int, texto: str, *, aberto: bool = False) -> int:
    """A clinical document with its text, closed (or signed) now unless it stays open."""
    tipo, nome, objeto = h.rng.choice(t.DOCUMENTOS)
    numero = h.inserir(
        "pw_documento_clinico", cd_tipo_documento=tipo, cd_paciente=paciente, cd_atendimento=chave, cd_usuario="MEDICO", cd_prestador=h.prestador(),
        tp_status="ABERTO" if aberto else h.rng.choice(("FECHADO", "ASSINADO")), dh_referencia=h.agora, dh_criacao=h.agora,
        dh_fechamento=None if aberto else h.agora, cd_objeto=objeto, nm_documento=nome, sn_confidencial="N",
    )  # fmt: skip
    registro = h.inserir("pw_editor_registro", cd_documento_clinico=numero, ds_texto=texto)
    h.inserir("pw_editor_clinico", cd_documento_clinico=numero, cd_documento=numero, cd_editor_registro=registro)
    return numero


def evolucao(h: Hospital, chave: int, paciente: int) -> None:
    """Close what was left open, or write and close at once; every third time a new draft stays behind, which must not leave yet."""
    aberto = h.um(
        "select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s and tp_status = 'ABERTO' order by 1 limit 1",
        chave,
    )
    if aberto:
        h.mudar(
            "pw_documento_clinico",
            "cd_documento_clinico",
            aberto[0],
            tp_status=h.rng.choice(("FECHADO", "ASSINADO")),
            dh_fechamento=h.agora,
        )
    else:
        documento(h, chave, paciente, t.evolucao(h.rng))
    if h.rng.random() < 0.3:
        documento(h, chave, paciente, t.evolucao(h.rng), aberto=True)


def sinais(h: Hospital, chave: int, _: int) -> None:
    coleta = h.inserir("coleta_sinal_vital", cd_atendimento=chave, data_coleta=h.agora, dt_referencia=dia(h.agora), cd_prestador=h.prestador(),
                       nm_usuario="ENFERMAGEM")  # fmt: skip
    for sinal, unidade, valor in linhas.sinais(h.rng):
        h.inserir("itcoleta_sinal_vital", cd_coleta_sinal_vital=coleta, cd_sinal_vital=sinal, cd_unidade_afericao=unidade, valor=valor)


def _item(h: Hospital, receita: int) -> None:
    h.inserir(
        "itpre_med", cd_pre_med=receita, **dict(zip(_ITEM, linhas.prescrito(h.rng, h.agora, h.agora + timedelta(days=1)), strict=True))
    )


def prescricao(h: Hospital, chave: int, _: int) -> None:
    medico = h.rng.random() < 0.8
    receita = h.inserir(
        "pre_med", cd_atendimento=chave, cd_prestador=h.prestador(), dt_pre_med=dia(h.agora), hr_pre_med=hora(h.agora), dt_referencia=dia(h.agora),
        dt_validade=h.agora + timedelta(days=1), dh_criacao=h.agora,
        dh_impressao=h.agora, ds_evolucao=t.evolucao(h.rng) if medico else None, sn_fechado="S",
        tp_pre_med="M" if medico else "E", fl_impresso="S",
    )  # fmt: skip
    for _ in range(h.rng.randint(1, 3)):
        _item(h, receita)


def substituicao(h: Hospital, chave: int, paciente: int) -> None:
    """Cancel an item and prescribe another in its place: the cancelled one has no marker of its own, the new one has."""
    alvo = h.um("select i.cd_itpre_med, i.cd_pre_med from dbamv.itpre_med i join dbamv.pre_med p on p.cd_pre_med = i.cd_pre_med"
                " where p.cd_atendimento = %s and i.sn_cancelado = 'N' order by 1 desc limit 1", chave)  # fmt: skip
    if alvo is None:
        prescricao(h, chave, paciente)
        return
    h.mudar("itpre_med", "cd_itpre_med", alvo[0], sn_cancelado="S", dh_cancelado=h.agora)
    _item(h, alvo[1])


def diagnostico(h: Hospital, chave: int, paciente: int) -> None:
    """Another main diagnosis on the attendance, or one more beside it, which is written together with a note."""
    atual = h.um("select cd_cid from dbamv.atendime where cd_atendimento = %s", chave)[0]
    novo = h.rng.choice([codigo for codigo, _ in t.CIDS if codigo != atual])
    if h.rng.random() < 0.5:
        h.mudar("atendime", "cd_atendimento", chave, cd_cid=novo)
        return
    h.inserir("diagnostico_atendime", cd_atendimento=chave, cd_cid=novo, tp_situacao=h.rng.choice(("HIPOTESE", "CONFIRMADO")))
    documento(h, chave, paciente, t.evolucao(h.rng))


def alergia(h: Hospital, _: int, paciente: int) -> None:
    """An allergy, old or new form. Neither has a marker: whoever records it confirms the patient's registration, and that has one."""
    if h.rng.random() < 0.4:
        substancia = h.rng.choice(t.SUBSTANCIAS)[0]
        h.um("insert into dbamv.hist_subs_pac (cd_paciente, cd_substancia, tp_alergia, tp_severidade, sn_ativo) values (%s, %s, 'S', %s, 'S')"
             " on conflict (cd_paciente, cd_substancia) do update set tp_severidade = excluded.tp_severidade, sn_ativo = 'S'",
             paciente, substancia, h.rng.choice("GML"))  # fmt: skip
    else:
        problema = h.inserir("pw_problema", cd_paciente=paciente, sn_ativo="S")
        nega = h.rng.random() < 0.15
        alimento = h.rng.choice(t.ALIMENTOS)[0] if h.rng.random() < 0.4 else None
        h.inserir(
            "pw_alergia_pac", cd_problema=problema, tp_alergia="D" if nega else "A" if alimento else "S", tp_severidade=None if nega else h.rng.choice("GML"),
            cd_alimento=None if nega else alimento, cd_substancia=None if nega or alimento else h.rng.choice(t.SUBSTANCIAS)[0],
        )  # fmt: skip
    h.mudar("paciente", "cd_paciente", paciente, dt_ultima_atualizacao=h.agora, nm_usuario_ultima_atualizacao="ENFERMAGEM")


ITENS: dict[str, tuple[Callable[[Hospital, int, int], None], int]] = {
    "evolucao": (evolucao, 9), "sinais_vitais": (sinais, 8), "prescricao": (prescricao, 5), "substituicao": (substituicao, 2), "diagnostico": (diagnostico, 3),
    "alergia": (alergia, 2),
}  # fmt: skip
"""Kind → what is done, and how often."""


def admitir(h: Hospital, rng: random.Random, chave: int, paciente: int) -> None:
    """What comes with an admission: triage signs, and sometimes the first note."""
    if rng.random() < 0.5:
        sinais(h, chave, paciente)
    if rng.random() < 0.3:
        documento(h, chave, paciente, t.evolucao(h.rng))
