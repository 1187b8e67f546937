"""Catalogues of the sandbox's Sotech. Keys are invented site keys, but 2 for an internação, which is the product's."""

from __future__ import annotations

from sandbox.origens.consulfarma import textos as c

KINDS = ((1, "Ambulatorial"), (2, "Internação"), (3, "Urgência"), (4, "Externo"), (5, "Domiciliar"))
SEXES = ((1, "Masculino"), (2, "Feminino"), (3, "Indeterminado"))
SEX_OF = {"M": 1, "F": 2, "I": 3}
UFS = ("BA", "SE", "AL", "PE", "CE", "SP", "RJ", "MG", "PR", "RS", "GO", "DF", "AM", "PA")
DISTRICTS = ("Centro", "Santa Mônica", "Tomba", "Brotas", "Pituba", "Cabula", "São Caetano", "Jardim Exemplo", "Boa Vista", "Industrial")
# The national table has no dot in a code.
CIDS = tuple((n, code.replace(".", ""), name) for n, (code, name) in enumerate(c.DIAGNOSTICOS, 1))
PROCEDIMENTOS = tuple((n, code, name) for n, (code, name, _) in enumerate(c.EXAMES, 1))
SPECIALTIES = tuple((n, name) for n, name in enumerate(filter(None, c.SPECIALTIES), 1))
NURSING_STATIONS = ("Posto 1 – clínica médica", "Posto 2 – clínica cirúrgica", "Posto 3 – maternidade", "UTI adulto")
LEITOS = 80
UNITS, PROFISSIONAIS = 6, 100
EVOLUCAO_KINDS = ("Médica", "Enfermagem", "Fisioterapia", None)
HISTORIES = (
    "HAS há 10 anos, em uso regular de losartana. Nega alergias.",
    "<p>Tabagista; <b>DM2</b> sem insulina.</p><p>Cirurgias: apendicectomia &lt; 2010.</p>",
    "Sem comorbidades conhecidas. Mora com a família, boa adesão.",
    r"{\rtf1\ansi\ansicpg1252 Gestante, G2P1, 34 semanas.\par Pr\'e9-natal em dia.}",
    None,
)


def leito(n: int) -> tuple[int, str, int]:
    """Key, code and room of bed ``n`` (from 1 on)."""
    return n, f"{100 + (n - 1) // 4}-{'ABCD'[n % 4]}", 1 + (n - 1) // 4


def station_of_leito(n: int) -> int:
    return 1 + ((n - 1) // 4) % len(NURSING_STATIONS)
