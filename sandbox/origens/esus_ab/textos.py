"""Clinical texts of the generator: SOAP notes as the PEC's editor saves them (HTML with entities), none about anybody."""

from __future__ import annotations

import random

_COMPLAINTS = (
    "Refere cefaleia frontal há {n} dias, sem náuseas", "Comparece para renovação de receita; nega queixas",
    "Tosse seca há {n} dias, nega febre", "Dor lombar que piora ao esforço, há {n} semanas", "Disúria e polaciúria há {n} dias",
    "Acompanhamento de hipertensão e diabetes; boa adesão", "Mãe relata febre aferida de 38,5 °C há {n} dias",
    "Ansiedade e insônia há {n} semanas; nega ideação", "Pré-natal: nega perdas; refere boa movimentação fetal",
    "Lesões pruriginosas em fossas cubitais há {n} dias",
)  # fmt: skip
_FOUND = (
    "BEG, corada, hidratada, afebril", "MV presente bilateralmente, sem ruídos adventícios", "BRNF 2T, sem sopros; PA < 140x90 mmHg",
    "Abdome flácido, indolor à palpação", "Orofaringe hiperemiada, sem placas", "Membros inferiores sem edema; pulsos presentes",
    "Lasègue negativo; força preservada", "Otoscopia sem alterações",
)  # fmt: skip
_ASSESSMENTS = (
    "HAS em tratamento, controlada", "DM2 com HbA1c acima da meta", "IVAS, sem sinais de alarme", "Lombalgia mecânica",
    "ITU não complicada", "Transtorno de ansiedade em acompanhamento", "Dermatite atópica leve", "Criança eutrófica, desenvolvimento adequado",
)  # fmt: skip
_PLANS = (
    "Mantenho medicação &amp; reforço orientações", "Solicito exames laboratoriais", "Oriento hidratação e sinais de alarme",
    "Retorno em {n} semanas", "Encaminho ao eMulti", "Prescrevo sintomáticos", "Oriento dieta hipossódica e caminhada 30&nbsp;min/dia",
)  # fmt: skip


def _html(rand: random.Random, sentences: tuple[str, ...], count: int) -> str:
    chosen = [f.format(n=rand.randint(2, 20)) for f in rand.sample(sentences, count)]
    form = rand.random()
    if form < 0.15:
        return ". ".join(chosen) + "."  # typed through an integration: no markup at all
    if form < 0.3:
        return "<p>" + "<br>".join(chosen) + "</p>"
    if form < 0.45:
        return "<ul>" + "".join(f"<li>{x}</li>" for x in chosen) + "</ul>"
    return "".join(f'<p style="text-align: justify;"><strong>{x.split()[0]}</strong>{x[len(x.split()[0]) :]}.</p>' for x in chosen)


def soap(rand: random.Random) -> tuple[str, str, str, str]:
    """Subjective, objective, assessment and plan of one professional attendance."""
    return (_html(rand, _COMPLAINTS, rand.randint(1, 2)), _html(rand, _FOUND, rand.randint(2, 5)),
            _html(rand, _ASSESSMENTS, rand.randint(1, 2)), _html(rand, _PLANS, rand.randint(1, 4)))  # fmt: skip


MEASURES = (
    "nu_medicao_peso", "nu_medicao_altura", "nu_medicao_imc", "nu_medicao_pressao_arterial", "nu_medicao_frequencia_cardiaca",
    "nu_medicao_frequnca_resprtria", "nu_medicao_temperatura", "nu_medicao_saturacao_o2", "nu_medicao_glicemia", "tp_glicemia",
    "nu_medicao_circunf_abdominal", "st_medicao_anterior",
)  # fmt: skip


def measures(rand: random.Random) -> tuple[str | int | None, ...]:
    """Values for ``MEASURES``, as people type them: comma or dot, slash or x, metres or centimetres, much left empty."""

    def perhaps(chance: float, value: str) -> str | None:
        return value if rand.random() < chance else None

    weight, height = rand.uniform(45, 110), rand.randint(145, 190)
    comma = rand.random() < 0.5
    glycaemia = perhaps(0.3, str(rand.randint(70, 320)))
    systolic = rand.randint(95, 175)
    return (
        perhaps(0.9, f"{weight:.1f}".replace(".", "," if comma else ".")),
        perhaps(0.7, f"{height / 100:.2f}".replace(".", ",") if rand.random() < 0.1 else str(height)),
        perhaps(0.6, f"{weight / (height / 100) ** 2:.1f}".replace(".", "," if comma else ".")),
        perhaps(0.9, f"{systolic}{'x' if rand.random() < 0.1 else '/'}{int(systolic * 0.62)}"),
        perhaps(0.7, str(rand.randint(55, 110))),
        perhaps(0.4, str(rand.randint(12, 24))),
        perhaps(0.8, f"{rand.uniform(35.8, 38.9):.1f}".replace(".", "," if comma else ".")),
        perhaps(0.6, str(rand.randint(93, 99))),
        glycaemia,
        rand.choice((0, 1, 2, 3, None)) if glycaemia else None,
        perhaps(0.2, str(rand.randint(60, 130))),
        rand.choice((None, None, None, 0)),
    )
