"""The text that travels and the hash that stands for it are those of the slow, plain way."""

from __future__ import annotations

import json

import pytest

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import body, content_version, package
from tests.unit.model.test_atendimento_contract import maximum


@pytest.mark.parametrize("valor", [36.5, 36, 0.00001, -1.5e-7, 1e9, -0.0])
def test_a_package_is_the_body_and_its_hash(valor: float) -> None:
    cheio = maximum()
    cheio["sinaisVitais"][0]["valor"] = valor
    record = Atendimento.model_validate(cheio)
    text, version = package(record)
    assert json.loads(text) == body(record)
    assert version == content_version(body(record))


def test_a_package_may_lack_a_marker() -> None:
    record = Atendimento.model_validate(maximum()).model_copy(update={"atualizado_em": None})
    assert json.loads(package(record)[0]) == body(record)


def test_escapes_and_foreign_letters_hash_alike() -> None:
    cheio = {**maximum(), "queixaPrincipal": 'tab\t "aspas" \\ barra\n\u2028 😀 é'}
    record = Atendimento.model_validate(cheio)
    assert package(record)[1] == content_version(body(record))
