"""Rows that generator and simulator make alike, as values by column."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from sandbox.origens.pessoas import Pessoa
from sandbox.origens.tasy import textos as t

RESIDENCIAL, PAI, MAE = 1, 4, 5
"""IE_TIPO_COMPLEMENTO."""
Valores = dict[str, Any]


def pessoa(p: Pessoa) -> Valores:
    nascimento = p.nascimento and datetime(p.nascimento.year, p.nascimento.month, p.nascimento.day)
    return {
        "nm_pessoa_fisica": p.nome, "nm_social": p.nome_social, "dt_nascimento": nascimento, "ie_sexo": p.sexo, "nr_cpf": p.cpf,
        "nr_cartao_nac_sus": p.cns, "nr_seq_cor_pele": t.COR[p.raca], "nr_ddd_celular": p.celular and p.celular[:2],
        "nr_telefone_celular": p.celular and p.celular[2:],
    }  # fmt: skip


def complementos(p: Pessoa) -> list[Valores]:
    """Home, mother and father, as far as they are known."""
    numero = re.sub(r"\D", "", p.numero or "")
    casa = {
        "ds_endereco": p.logradouro, "nr_endereco": int(numero) if numero else None, "ds_complemento": p.complemento, "ds_bairro": p.bairro,
        "ds_municipio": p.municipio, "sg_estado": p.uf, "cd_cep": p.cep, "ds_email": p.email, "nr_telefone": p.telefone,
    }  # fmt: skip
    partes: list[tuple[int, Valores]] = [(RESIDENCIAL, casa), (MAE, {"nm_contato": p.nome_mae}), (PAI, {"nm_contato": p.nome_pai})]
    return [{"ie_tipo_complemento": tipo, **valores} for tipo, valores in partes if any(valores.values())]


def sinais(rng: random.Random) -> Valores:
    """One round at the bedside; what was not taken stays empty."""
    sorteio = rng.random
    sistolica = 85 + int(sorteio() * 100)
    valores: Valores = {
        "qt_pa_sistolica": sistolica, "qt_pa_diastolica": sistolica * 6 // 10, "qt_freq_cardiaca": 45 + int(sorteio() * 100),
        "qt_freq_resp": 10 + int(sorteio() * 25), "qt_temp": round(34 + sorteio() * 6, 1), "qt_saturacao_o2": 85 + int(sorteio() * 16),
    }  # fmt: skip
    if sorteio() < 0.3:
        valores["qt_pam"] = sistolica * 7 // 10
    if sorteio() < 0.3:
        gramas = sorteio() < 0.1
        valores |= {"qt_peso": 3250 if gramas else round(40 + sorteio() * 70, 2), "ie_unid_med_peso": "g" if gramas else "Kg"}
        metros = sorteio() < 0.2
        valores |= {"qt_altura_cm": 1.72 if metros else 145 + int(sorteio() * 50), "ie_unid_med_altura": "m" if metros else "cm"}
    if sorteio() < 0.2:
        valores["qt_glicemia_capilar"] = 60 + int(sorteio() * 300)
    if sorteio() < 0.4:
        valores["qt_escala_dor"] = int(sorteio() * 11)
    return valores


def material(rng: random.Random, momento: datetime) -> Valores:
    codigo, _, unidade, via, dose = t.MATERIAIS[int(rng.random() * len(t.MATERIAIS))]
    return {
        "cd_material": codigo, "qt_dose": dose, "cd_unidade_medida_dose": unidade, "cd_intervalo": t.INTERVALOS[int(rng.random() * len(t.INTERVALOS))],
        "ie_via_aplicacao": via, "dt_inicio_medic": momento, "ie_suspenso": "N", "ie_administrar": "S",
    }  # fmt: skip


def procedimento(rng: random.Random) -> Valores:
    numero, _, codigo = t.PROCEDIMENTOS[int(rng.random() * len(t.PROCEDIMENTOS))]
    return {"cd_procedimento": codigo, "nr_seq_proc_interno": numero, "qt_procedimento": 1, "ie_status_execucao": "10"}


def alergia(rng: random.Random, nega: bool) -> Valores:
    """A denial, or an allergy to a drug (of the catalogue or not) or to something else."""
    if nega:
        return {"ie_nega_alergias": "S", "ds_observacao": "Paciente nega alergias"}
    sorte = rng.random()
    valores: Valores = {"ie_nega_alergias": "N", "ie_confirmacao": "C" if sorte < 0.7 else None, "nr_seq_reacao": 1 + int(rng.random() * 3)}
    if sorte < 0.4:
        return valores | {"nr_seq_tipo": 1, "cd_material": t.MATERIAIS[int(rng.random() * len(t.MATERIAIS))][0]}
    if sorte < 0.7:
        return valores | {"nr_seq_tipo": 1, "ds_medic_nao_cad": t.NAO_CADASTRADOS[int(rng.random() * len(t.NAO_CADASTRADOS))]}
    return valores | {"nr_seq_tipo": 2 if sorte < 0.9 else 3, "ds_observacao": "Camarão" if sorte < 0.9 else "Poeira"}
