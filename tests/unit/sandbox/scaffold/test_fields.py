"""Fields of the canonical model as a new system's code and tables have them."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel

from include.fusion.model import atendimento as model
from sandbox.scaffold.fields import models, plain_fields

PATIENT = plain_fields(model.Paciente, "paciente.")


def test_every_kind_of_clinical_data_of_an_attendance_is_known() -> None:
    lists = {name for name, hint in get_type_hints(model.Atendimento).items() if get_args(hint)[1:] == (...,)}
    assert set(models()) == lists and "sinais_vitais" in lists


@pytest.mark.parametrize("kind", sorted(models()))
def test_what_an_item_must_have_can_be_given_by_columns(kind: str) -> None:
    item = models()[kind]
    needed = {name for name, field in item.model_fields.items() if field.is_required()} - {"codigo"}
    assert needed <= set(plain_fields(item, f"{kind}."))


def test_what_no_single_column_fills_is_left_out() -> None:
    assert PATIENT.keys().isdisjoint({"codigo", "endereco", "contatos"})


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("nome", 'values.required(values.to_text(a["p_nome"]), "paciente.nome")'),
        ("cpf", 'documents.cpf(a["p_cpf"], ctx)'),
        ("data_nascimento", 'dates.to_date(a["p_data_nascimento"], "paciente.dataNascimento")'),
        ("sexo", 'ctx.depara.translate("sexo", a["p_sexo"]) or "IGNORADO"'),
        ("ativo", 'values.boolean(a["p_ativo"], True, "paciente.ativo")'),
    ],
)
def test_a_column_is_read_by_the_helper_of_its_kind(field: str, expected: str) -> None:
    assert PATIENT[field].value("a", "p_") == expected


def test_a_flag_that_may_be_unknown_stays_unknown() -> None:
    made = plain_fields(model.Atendimento, "")["nega_alergias"].value("a")
    assert made == 'None if a["nega_alergias"] is None else values.boolean(a["nega_alergias"], field="negaAlergias")'


def test_each_word_of_fusion_has_a_code_of_its_own() -> None:
    kinds: tuple[type[BaseModel], ...] = (model.Paciente, model.Atendimento, *models().values())
    fields = [f for kind in kinds for f in plain_fields(kind, "").values() if f.words]
    assert len(fields) > 10
    assert all(len(set(f.codes.values())) == len(f.words) and set(f.codes) == set(f.words) for f in fields)
