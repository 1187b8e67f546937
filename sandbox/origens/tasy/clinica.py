"""What is written at the bedside: each function changes one attendance's content and stamps the row that it touched."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Alvo, Hospital


def nota(h: Hospital, alvo: Alvo, texto: str, *, rascunho: bool = False) -> int:
    """A note, released now unless it stays a draft."""
    return int(h.inserir(
        "evolucao_paciente", nr_atendimento=alvo.chave, cd_pessoa_fisica=alvo.paciente, cd_medico=h.profissional(), dt_evolucao=h.agora,
        ie_tipo_evolucao="1", ie_evolucao_clinica=h.rng.choice(t.EVOLUCOES), ds_evolucao=texto, ie_situacao="A",
        dt_liberacao=None if rascunho else h.agora,
    ))  # fmt: skip


def evolucao(h: Hospital, alvo: Alvo) -> None:
    """Release what was left as a draft, or write and release at once."""
    aberta = h.um("select cd_evolucao from tasy.evolucao_paciente where nr_atendimento = %s and dt_liberacao is null and ie_situacao = 'A'"
                  " order by 1 limit 1", alvo.chave)  # fmt: skip
    if aberta:
        h.mudar("evolucao_paciente", {"cd_evolucao": aberta[0]}, dt_liberacao=h.agora)
    else:
        nota(h, alvo, t.evolucao(h.rng))


def rascunho(h: Hospital, alvo: Alvo) -> None:
    """A draft of a note, or of a prescription: neither may leave yet."""
    if h.rng.random() < 0.6:
        nota(h, alvo, t.evolucao(h.rng), rascunho=True)
    else:
        receita(h, alvo, solta=False)


def sinal(h: Hospital, alvo: Alvo, **valores: Any) -> int:
    campos = {
        "nr_atendimento": alvo.chave, "cd_paciente": alvo.paciente, "cd_pessoa_fisica": h.profissional(), "dt_sinal_vital": h.agora,
        "ie_situacao": "A", "dt_liberacao": h.agora, **(valores or linhas.sinais(h.rng)),
    }  # fmt: skip
    return int(h.inserir("atendimento_sinal_vital", **campos))


def sinais(h: Hospital, alvo: Alvo) -> None:
    sinal(h, alvo)


def receita(h: Hospital, alvo: Alvo, *, solta: bool = True) -> int:
    numero = int(h.inserir(
        "prescr_medica", nr_atendimento=alvo.chave, cd_pessoa_fisica=alvo.paciente, cd_medico=h.profissional(), dt_prescricao=h.agora,
        dt_validade_prescr=h.agora + timedelta(days=1), dt_liberacao=h.agora if solta else None, dt_liberacao_medico=h.agora, cd_estabelecimento=1,
    ))  # fmt: skip
    for n in range(1, 1 + h.rng.randint(1, 3)):
        h.inserir("prescr_material", nr_prescricao=numero, nr_sequencia=n, **linhas.material(h.rng, h.agora))
    if h.rng.random() < 0.4:
        h.inserir("prescr_procedimento", nr_prescricao=numero, nr_sequencia=1, **linhas.procedimento(h.rng))
    return numero


def prescricao(h: Hospital, alvo: Alvo) -> None:
    """Release what was left as a draft, or prescribe and release at once."""
    aberta = h.um(
        "select nr_prescricao from tasy.prescr_medica where nr_atendimento = %s and dt_liberacao is null order by 1 limit 1", alvo.chave
    )
    if aberta:
        h.mudar("prescr_medica", {"nr_prescricao": aberta[0]}, dt_liberacao=h.agora)
    else:
        receita(h, alvo)


def _solta(h: Hospital, alvo: Alvo) -> int:
    achada = h.um("select max(nr_prescricao) from tasy.prescr_medica where nr_atendimento = %s and dt_liberacao is not null", alvo.chave)[0]
    return achada or receita(h, alvo)


def suspensao(h: Hospital, alvo: Alvo) -> None:
    """An item is suspended: only its own row is stamped."""
    receita_ = _solta(h, alvo)
    numero = h.um("select max(nr_sequencia) from tasy.prescr_material where nr_prescricao = %s", receita_)[0]
    h.mudar("prescr_material", {"nr_prescricao": receita_, "nr_sequencia": numero}, ie_suspenso="S", dt_suspensao=h.agora)


def item(h: Hospital, alvo: Alvo) -> None:
    """One more procedure in a prescription that is released already."""
    receita_ = _solta(h, alvo)
    proximo = h.um("select coalesce(max(nr_sequencia), 0) + 1 from tasy.prescr_procedimento where nr_prescricao = %s", receita_)[0]
    h.inserir("prescr_procedimento", nr_prescricao=receita_, nr_sequencia=proximo, **linhas.procedimento(h.rng))


def diagnostico(h: Hospital, alvo: Alvo) -> None:
    usados = h.chaves(
        "select cd_doenca from tasy.diagnostico_doenca where nr_atendimento = %s and dt_diagnostico = %s", alvo.chave, h.agora
    )
    h.inserir(
        "diagnostico_doenca", nr_atendimento=alvo.chave, dt_diagnostico=h.agora, cd_doenca=h.rng.choice([c for c, _ in t.CIDS if c not in usados]),
        ie_classificacao_doenca=h.rng.choice("PS"), dt_liberacao=h.agora, ie_situacao="A",
    )  # fmt: skip


def alergia(h: Hospital, alvo: Alvo) -> None:
    """An allergy, or the statement that there are none."""
    valores = linhas.alergia(h.rng, h.rng.random() < 0.3)
    h.inserir("paciente_alergia", cd_pessoa_fisica=alvo.paciente, nr_atendimento=alvo.chave, dt_liberacao=h.agora, **valores)


_INATIVAVEIS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("atendimento_sinal_vital", "nr_sequencia", "nr_atendimento", {"ie_situacao": "I", "dt_inativacao": "agora"}),
    ("evolucao_paciente", "cd_evolucao", "nr_atendimento", {"ie_situacao": "I"}),
    ("paciente_alergia", "nr_sequencia", "cd_pessoa_fisica", {"dt_inativacao": "agora"}),
)
"""Table, its key, what it hangs on, and what says that a row is no longer in force."""


def inativacao(h: Hospital, alvo: Alvo) -> None:
    """A released row turns out to be wrong: it stays in its table and counts no more."""
    tabela, chave, dono, marca = h.rng.choice(_INATIVAVEIS)
    pai = alvo.paciente if dono == "cd_pessoa_fisica" else alvo.chave
    achada = h.um(f"select max({chave}) from tasy.{tabela} where {dono} = %s and dt_liberacao is not null and "
                  + " and ".join(f"coalesce({c}::text, 'A') = 'A'" for c in marca), pai)[0]  # fmt: skip
    if achada is None:
        achada = sinal(h, alvo)
        tabela, chave, _, marca = _INATIVAVEIS[0]
    h.mudar(tabela, {chave: achada}, **{c: h.agora if v == "agora" else v for c, v in marca.items()})


def convenio(h: Hospital, alvo: Alvo) -> None:
    atual = h.um(
        "select cd_convenio from tasy.atend_categoria_convenio where nr_atendimento = %s order by dt_inicio_vigencia desc limit 1",
        alvo.chave,
    )
    h.mudar("atend_categoria_convenio", {"nr_atendimento": alvo.chave}, cd_convenio=(atual[0] if atual else 0) % 4 + 1)


def administrativa(h: Hospital, alvo: Alvo) -> None:
    """Somebody opened a screen and saved it as it was, or edited what is of no concern to Fusion: only the stamp moves."""
    tabela = h.rng.choice(("atendimento_paciente", "atendimento_sinal_vital", "evolucao_paciente", "pessoa_fisica", "compl_pessoa_fisica"))
    do_paciente = tabela in ("pessoa_fisica", "compl_pessoa_fisica")
    onde = {"cd_pessoa_fisica": alvo.paciente} if do_paciente else {"nr_atendimento": alvo.chave}
    if not h.mudar(tabela, onde):
        h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave})


ITENS: dict[str, tuple[Callable[[Hospital, Alvo], None], int]] = {
    "evolucao": (evolucao, 9), "sinais_vitais": (sinais, 9), "prescricao": (prescricao, 5), "suspensao": (suspensao, 2), "procedimento": (item, 2),
    "diagnostico": (diagnostico, 3), "alergia": (alergia, 2), "inativacao": (inativacao, 4), "rascunho": (rascunho, 3), "convenio": (convenio, 1),
    "administrativa": (administrativa, 8),
}  # fmt: skip
"""Kind → what is done, and how often."""


def admitir(h: Hospital, rng: random.Random, alvo: Alvo) -> None:
    """What comes with an admission: triage signs, and sometimes the first note."""
    if rng.random() < 0.5:
        sinais(h, alvo)
    if rng.random() < 0.3:
        nota(h, alvo, t.evolucao(h.rng))
