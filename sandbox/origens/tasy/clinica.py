"""What is written at the bedside: each function changes one attendance's content and stamps the row that it touched."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Hospital, Target


def note(h: Hospital, target: Target, text: str, *, draft: bool = False) -> int:
    """A note, released now unless it stays a draft."""
    return int(h.insert(
        "evolucao_paciente", nr_atendimento=target.chave, cd_pessoa_fisica=target.paciente, cd_medico=h.profissional(), dt_evolucao=h.now,
        ie_tipo_evolucao="1", ie_evolucao_clinica=h.rng.choice(t.EVOLUCOES), ds_evolucao=text, ie_situacao="A",
        dt_liberacao=None if draft else h.now,
    ))  # fmt: skip


def evolucao(h: Hospital, target: Target) -> None:
    """Release what was left as a draft, or write and release at once."""
    open_column = h.one("select cd_evolucao from tasy.evolucao_paciente where nr_atendimento = %s and dt_liberacao is null and ie_situacao = 'A'"
                  " order by 1 limit 1", target.chave)  # fmt: skip
    if open_column:
        h.change("evolucao_paciente", {"cd_evolucao": open_column[0]}, dt_liberacao=h.now)
    else:
        note(h, target, t.evolucao(h.rng))


def draft(h: Hospital, target: Target) -> None:
    """A draft of a note, or of a prescription: neither may leave yet."""
    if h.rng.random() < 0.6:
        note(h, target, t.evolucao(h.rng), draft=True)
    else:
        receita(h, target, loose=False)


def sinal(h: Hospital, target: Target, **values: Any) -> int:
    fields = {
        "nr_atendimento": target.chave, "cd_paciente": target.paciente, "cd_pessoa_fisica": h.profissional(), "dt_sinal_vital": h.now,
        "ie_situacao": "A", "dt_liberacao": h.now, **(values or linhas.sinais(h.rng)),
    }  # fmt: skip
    return int(h.insert("atendimento_sinal_vital", **fields))


def sinais(h: Hospital, target: Target) -> None:
    sinal(h, target)


def receita(h: Hospital, target: Target, *, loose: bool = True) -> int:
    number = int(h.insert(
        "prescr_medica", nr_atendimento=target.chave, cd_pessoa_fisica=target.paciente, cd_medico=h.profissional(), dt_prescricao=h.now,
        dt_validade_prescr=h.now + timedelta(days=1), dt_liberacao=h.now if loose else None, dt_liberacao_medico=h.now, cd_estabelecimento=1,
    ))  # fmt: skip
    for n in range(1, 1 + h.rng.randint(1, 3)):
        h.insert("prescr_material", nr_prescricao=number, nr_sequencia=n, **linhas.material(h.rng, h.now))
    if h.rng.random() < 0.4:
        h.insert("prescr_procedimento", nr_prescricao=number, nr_sequencia=1, **linhas.procedimento(h.rng))
    return number


def prescricao(h: Hospital, target: Target) -> None:
    """Release what was left as a draft, or prescribe and release at once."""
    open_column = h.one(
        "select nr_prescricao from tasy.prescr_medica where nr_atendimento = %s and dt_liberacao is null order by 1 limit 1", target.chave
    )
    if open_column:
        h.change("prescr_medica", {"nr_prescricao": open_column[0]}, dt_liberacao=h.now)
    else:
        receita(h, target)


def _loose(h: Hospital, target: Target) -> int:
    found_one = h.one(
        "select max(nr_prescricao) from tasy.prescr_medica where nr_atendimento = %s and dt_liberacao is not null", target.chave
    )[0]
    return found_one or receita(h, target)


def suspension(h: Hospital, target: Target) -> None:
    """An item is suspended: only its own row is stamped."""
    receita_ = _loose(h, target)
    number = h.one("select max(nr_sequencia) from tasy.prescr_material where nr_prescricao = %s", receita_)[0]
    h.change("prescr_material", {"nr_prescricao": receita_, "nr_sequencia": number}, ie_suspenso="S", dt_suspensao=h.now)


def item(h: Hospital, target: Target) -> None:
    """One more procedure in a prescription that is released already."""
    receita_ = _loose(h, target)
    next_number = h.one("select coalesce(max(nr_sequencia), 0) + 1 from tasy.prescr_procedimento where nr_prescricao = %s", receita_)[0]
    h.insert("prescr_procedimento", nr_prescricao=receita_, nr_sequencia=next_number, **linhas.procedimento(h.rng))


def diagnostico(h: Hospital, target: Target) -> None:
    used_ones = h.keys(
        "select cd_doenca from tasy.diagnostico_doenca where nr_atendimento = %s and dt_diagnostico = %s", target.chave, h.now
    )
    h.insert(
        "diagnostico_doenca", nr_atendimento=target.chave, dt_diagnostico=h.now, cd_doenca=h.rng.choice([c for c, _ in t.CIDS if c not in used_ones]),
        ie_classificacao_doenca=h.rng.choice("PS"), dt_liberacao=h.now, ie_situacao="A",
    )  # fmt: skip


def alergia(h: Hospital, target: Target) -> None:
    """An allergy, or the statement that there are none."""
    values = linhas.alergia(h.rng, h.rng.random() < 0.3)
    h.insert("paciente_alergia", cd_pessoa_fisica=target.paciente, nr_atendimento=target.chave, dt_liberacao=h.now, **values)


_CAN_BE_INACTIVE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("atendimento_sinal_vital", "nr_sequencia", "nr_atendimento", {"ie_situacao": "I", "dt_inativacao": "agora"}),
    ("evolucao_paciente", "cd_evolucao", "nr_atendimento", {"ie_situacao": "I"}),
    ("paciente_alergia", "nr_sequencia", "cd_pessoa_fisica", {"dt_inativacao": "agora"}),
)
"""Table, its key, what it hangs on, and what says that a row is no longer in force."""


def inactivation(h: Hospital, target: Target) -> None:
    """A released row turns out to be wrong: it stays in its table and counts no more."""
    table, key, owner, watermark = h.rng.choice(_CAN_BE_INACTIVE)
    father = target.paciente if owner == "cd_pessoa_fisica" else target.chave
    found_one = h.one(f"select max({key}) from tasy.{table} where {owner} = %s and dt_liberacao is not null and "
                  + " and ".join(f"coalesce({c}::text, 'A') = 'A'" for c in watermark), father)[0]  # fmt: skip
    if found_one is None:
        found_one = sinal(h, target)
        table, key, _, watermark = _CAN_BE_INACTIVE[0]
    h.change(table, {key: found_one}, **{c: h.now if v == "agora" else v for c, v in watermark.items()})


def convenio(h: Hospital, target: Target) -> None:
    current = h.one(
        "select cd_convenio from tasy.atend_categoria_convenio where nr_atendimento = %s order by dt_inicio_vigencia desc limit 1",
        target.chave,
    )
    h.change("atend_categoria_convenio", {"nr_atendimento": target.chave}, cd_convenio=(current[0] if current else 0) % 4 + 1)


def administrative(h: Hospital, target: Target) -> None:
    """Somebody opened a screen and saved it as it was, or edited what is of no concern to Fusion: only the stamp moves."""
    table = h.rng.choice(("atendimento_paciente", "atendimento_sinal_vital", "evolucao_paciente", "pessoa_fisica", "compl_pessoa_fisica"))
    do_paciente = table in ("pessoa_fisica", "compl_pessoa_fisica")
    where = {"cd_pessoa_fisica": target.paciente} if do_paciente else {"nr_atendimento": target.chave}
    if not h.change(table, where):
        h.change("atendimento_paciente", {"nr_atendimento": target.chave})


ITEMS: dict[str, tuple[Callable[[Hospital, Target], None], int]] = {
    "evolucao": (evolucao, 9), "sinais_vitais": (sinais, 9), "prescricao": (prescricao, 5), "suspensao": (suspension, 2), "procedimento": (item, 2),
    "diagnostico": (diagnostico, 3), "alergia": (alergia, 2), "inativacao": (inactivation, 4), "rascunho": (draft, 3), "convenio": (convenio, 1),
    "administrativa": (administrative, 8),
}  # fmt: skip
"""Kind → what is done, and how often."""


def admit(h: Hospital, rng: random.Random, target: Target) -> None:
    """What comes with an admission: triage signs, and sometimes the first note."""
    if rng.random() < 0.5:
        sinais(h, target)
    if rng.random() < 0.3:
        note(h, target, t.evolucao(h.rng))
