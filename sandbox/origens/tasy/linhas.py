"""Rows that generator and simulator make alike, as values by column."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from sandbox.origens.pessoas import Person
from sandbox.origens.tasy import textos as t

RESIDENTIAL, FATHER, MOTHER = 1, 4, 5
"""IE_TIPO_COMPLEMENTO."""
Values = dict[str, Any]


def person(p: Person) -> Values:
    birth = p.nascimento and datetime(p.nascimento.year, p.nascimento.month, p.nascimento.day)
    return {
        "nm_pessoa_fisica": p.nome, "nm_social": p.nome_social, "dt_nascimento": birth, "ie_sexo": p.sexo, "nr_cpf": p.cpf,
        "nr_cartao_nac_sus": p.cns, "nr_seq_cor_pele": t.COLOUR[p.raca], "nr_ddd_celular": p.celular and p.celular[:2],
        "nr_telefone_celular": p.celular and p.celular[2:],
    }  # fmt: skip


def complements(p: Person) -> list[Values]:
    """Home, mother and father, as far as they are known."""
    number = re.sub(r"\D", "", p.numero or "")
    home = {
        "ds_endereco": p.logradouro, "nr_endereco": int(number) if number else None, "ds_complemento": p.complemento, "ds_bairro": p.bairro,
        "ds_municipio": p.municipio, "sg_estado": p.uf, "cd_cep": p.cep, "ds_email": p.email, "nr_telefone": p.telefone,
    }  # fmt: skip
    parts: list[tuple[int, Values]] = [(RESIDENTIAL, home), (MOTHER, {"nm_contato": p.nome_mae}), (FATHER, {"nm_contato": p.nome_pai})]
    return [{"ie_tipo_complemento": kind, **values} for kind, values in parts if any(values.values())]


def sinais(rng: random.Random) -> Values:
    """One round at the bedside; what was not taken stays empty."""
    rand = rng.random
    systolic = 85 + int(rand() * 100)
    values: Values = {
        "qt_pa_sistolica": systolic, "qt_pa_diastolica": systolic * 6 // 10, "qt_freq_cardiaca": 45 + int(rand() * 100),
        "qt_freq_resp": 10 + int(rand() * 25), "qt_temp": round(34 + rand() * 6, 1), "qt_saturacao_o2": 85 + int(rand() * 16),
    }  # fmt: skip
    if rand() < 0.3:
        values["qt_pam"] = systolic * 7 // 10
    if rand() < 0.3:
        grams = rand() < 0.1
        values |= {"qt_peso": 3250 if grams else round(40 + rand() * 70, 2), "ie_unid_med_peso": "g" if grams else "Kg"}
        metres = rand() < 0.2
        values |= {"qt_altura_cm": 1.72 if metres else 145 + int(rand() * 50), "ie_unid_med_altura": "m" if metres else "cm"}
    if rand() < 0.2:
        values["qt_glicemia_capilar"] = 60 + int(rand() * 300)
    if rand() < 0.4:
        values["qt_escala_dor"] = int(rand() * 11)
    return values


def material(rng: random.Random, moment: datetime) -> Values:
    code, _, unit, route, dose = t.MATERIALS[int(rng.random() * len(t.MATERIALS))]
    return {
        "cd_material": code, "qt_dose": dose, "cd_unidade_medida_dose": unit, "cd_intervalo": t.INTERVALS[int(rng.random() * len(t.INTERVALS))],
        "ie_via_aplicacao": route, "dt_inicio_medic": moment, "ie_suspenso": "N", "ie_administrar": "S",
    }  # fmt: skip


def procedimento(rng: random.Random) -> Values:
    number, _, code = t.PROCEDIMENTOS[int(rng.random() * len(t.PROCEDIMENTOS))]
    return {"cd_procedimento": code, "nr_seq_proc_interno": number, "qt_procedimento": 1, "ie_status_execucao": "10"}


def alergia(rng: random.Random, nega: bool) -> Values:
    """A denial, or an allergy to a drug (of the catalogue or not) or to something else."""
    if nega:
        return {"ie_nega_alergias": "S", "ds_observacao": "Paciente nega alergias"}
    luck = rng.random()
    values: Values = {"ie_nega_alergias": "N", "ie_confirmacao": "C" if luck < 0.7 else None, "nr_seq_reacao": 1 + int(rng.random() * 3)}
    if luck < 0.4:
        return values | {"nr_seq_tipo": 1, "cd_material": t.MATERIALS[int(rng.random() * len(t.MATERIALS))][0]}
    if luck < 0.7:
        return values | {"nr_seq_tipo": 1, "ds_medic_nao_cad": t.UNREGISTERED[int(rng.random() * len(t.UNREGISTERED))]}
    return values | {"nr_seq_tipo": 2 if luck < 0.9 else 3, "ds_observacao": "Camarão" if luck < 0.9 else "Poeira"}
