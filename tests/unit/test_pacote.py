"""The text that travels and the hash that stands for it are those of the slow, plain way."""

from __future__ import annotations

import json

import pytest

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import corpo, pacote, versao_conteudo
from tests.unit.test_contrato_fusion import maximo


@pytest.mark.parametrize("valor", [36.5, 36, 0.00001, -1.5e-7, 1e9, -0.0])
def test_a_package_is_the_body_and_its_hash(valor: float) -> None:
    cheio = maximo()
    cheio["sinaisVitais"][0]["valor"] = valor
    registro = Atendimento.model_validate(cheio)
    texto, versao = pacote(registro)
    assert json.loads(texto) == corpo(registro)
    assert versao == versao_conteudo(corpo(registro))


def test_a_package_may_lack_a_marker() -> None:
    registro = Atendimento.model_validate(maximo()).model_copy(update={"atualizado_em": None})
    assert json.loads(pacote(registro)[0]) == corpo(registro)


def test_escapes_and_foreign_letters_hash_alike() -> None:
    cheio = {**maximo(), "queixaPrincipal": 'tab\t "aspas" \\ barra\n\u2028 😀 é'}
    registro = Atendimento.model_validate(cheio)
    assert pacote(registro)[1] == versao_conteudo(corpo(registro))
