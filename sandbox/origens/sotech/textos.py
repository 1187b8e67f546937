"""Catalogues of the sandbox's Sotech. Keys are invented site keys, but 2 for an internação, which is the product's."""

from __future__ import annotations

from sandbox.origens.consulfarma import textos as c

TIPOS = ((1, "Ambulatorial"), (2, "Internação"), (3, "Urgência"), (4, "Externo"), (5, "Domiciliar"))
SEXOS = ((1, "Masculino"), (2, "Feminino"), (3, "Indeterminado"))
SEXO_DE = {"M": 1, "F": 2, "I": 3}
UFS = ("BA", "SE", "AL", "PE", "CE", "SP", "RJ", "MG", "PR", "RS", "GO", "DF", "AM", "PA")
BAIRROS = ("Centro", "Santa Mônica", "Tomba", "Brotas", "Pituba", "Cabula", "São Caetano", "Jardim Exemplo", "Boa Vista", "Industrial")
# The national table has no dot in a code.
CIDS = tuple((n, codigo.replace(".", ""), nome) for n, (codigo, nome) in enumerate(c.DIAGNOSTICOS, 1))
PROCEDIMENTOS = tuple((n, codigo, nome) for n, (codigo, nome, _) in enumerate(c.EXAMES, 1))
ESPECIALIDADES = tuple((n, nome) for n, nome in enumerate(filter(None, c.ESPECIALIDADES), 1))
POSTOS = ("Posto 1 – clínica médica", "Posto 2 – clínica cirúrgica", "Posto 3 – maternidade", "UTI adulto")
LEITOS = 80
UNIDADES, PROFISSIONAIS = 6, 100
TIPOS_EVOLUCAO = ("Médica", "Enfermagem", "Fisioterapia", None)
HISTORIAS = (
    "HAS há 10 anos, em uso regular de losartana. Nega alergias.",
    "<p>Tabagista; <b>DM2</b> sem insulina.</p><p>Cirurgias: apendicectomia &lt; 2010.</p>",
    "Sem comorbidades conhecidas. Mora com a família, boa adesão.",
    r"{\rtf1\ansi\ansicpg1252 Gestante, G2P1, 34 semanas.\par Pr\'e9-natal em dia.}",
    None,
)


def leito(n: int) -> tuple[int, str, int]:
    """Key, code and room of bed ``n`` (from 1 on)."""
    return n, f"{100 + (n - 1) // 4}-{'ABCD'[n % 4]}", 1 + (n - 1) // 4


def posto_do_leito(n: int) -> int:
    return 1 + ((n - 1) // 4) % len(POSTOS)
