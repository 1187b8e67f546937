"""A form is checked whole before anything is touched."""

import pytest

from include.fusion.change.replay import Pedido
from include.fusion.errors import PedidoInvalido
from include.fusion.reading.spec import Sistema

TEXTO = Sistema("x", (), (), mapear=lambda linhas, ctx: None)
NUMERO = Sistema("x", (), (), mapear=lambda linhas, ctx: None, tipo_chave=int)


@pytest.mark.parametrize(
    ("params", "trecho"),
    [
        ({"data_inicial": "2026-01-02"}, "juntas"),
        ({"data_inicial": "2026-01-02", "data_final": "2026-01-01"}, "anterior"),
        ({"data_inicial": "2020-01-01", "data_final": "2026-01-01"}, "366 dias"),
        ({"data_inicial": "ontem", "data_final": "2026-01-01"}, "não é uma data"),
        ({"forcar": True}, "exige"),
        ({"simular": True, "reenviar_erros": True}, "não combinam"),
        ({"atendimento": "abc"}, "código"),
    ],
)
def test_nonsense_is_refused_with_what_to_change(params, trecho):
    with pytest.raises(PedidoInvalido, match=trecho):
        Pedido.de_params(params, NUMERO)


def test_all_problems_are_named_at_once():
    with pytest.raises(PedidoInvalido, match=r"anterior.*combinam"):
        Pedido.de_params({"data_inicial": "2026-01-02", "data_final": "2026-01-01", "simular": True, "reenviar_erros": True}, TEXTO)


def test_empty_form_filters_nothing():
    assert not Pedido.de_params({"atendimento": "  ", "paciente": None}, TEXTO).filtra


def test_last_day_is_included():
    filtros = Pedido.de_params({"data_inicial": "2026-01-01", "data_final": "2026-01-31"}, TEXTO).filtros(TEXTO)
    assert str(filtros["fim"]) == "2026-02-01 00:00:00"


def test_keys_take_the_type_of_the_source_column():
    assert Pedido.de_params({"atendimento": " 42 "}, NUMERO).filtros(NUMERO)["atendimento"] == 42
