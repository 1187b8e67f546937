"""Clinical texts of the generator: SOAP notes as the PEC's editor saves them (HTML with entities), none about anybody."""

from __future__ import annotations

import random

_QUEIXAS = (
    "Refere cefaleia frontal há {n} dias, sem náuseas", "Comparece para renovação de receita; nega queixas",
    "Tosse seca há {n} dias, nega febre", "Dor lombar que piora ao esforço, há {n} semanas", "Disúria e polaciúria há {n} dias",
    "Acompanhamento de hipertensão e diabetes; boa adesão", "Mãe relata febre aferida de 38,5 °C há {n} dias",
    "Ansiedade e insônia há {n} semanas; nega ideação", "Pré-natal: nega perdas; refere boa movimentação fetal",
    "Lesões pruriginosas em fossas cubitais há {n} dias",
)  # fmt: skip
_ACHADOS = (
    "BEG, corada, hidratada, afebril", "MV presente bilateralmente, sem ruídos adventícios", "BRNF 2T, sem sopros; PA < 140x90 mmHg",
    "Abdome flácido, indolor à palpação", "Orofaringe hiperemiada, sem placas", "Membros inferiores sem edema; pulsos presentes",
    "Lasègue negativo; força preservada", "Otoscopia sem alterações",
)  # fmt: skip
_AVALIACOES = (
    "HAS em tratamento, controlada", "DM2 com HbA1c acima da meta", "IVAS, sem sinais de alarme", "Lombalgia mecânica",
    "ITU não complicada", "Transtorno de ansiedade em acompanhamento", "Dermatite atópica leve", "Criança eutrófica, desenvolvimento adequado",
)  # fmt: skip
_CONDUTAS = (
    "Mantenho medicação &amp; reforço orientações", "Solicito exames laboratoriais", "Oriento hidratação e sinais de alarme",
    "Retorno em {n} semanas", "Encaminho ao eMulti", "Prescrevo sintomáticos", "Oriento dieta hipossódica e caminhada 30&nbsp;min/dia",
)  # fmt: skip


def _html(sorteio: random.Random, frases: tuple[str, ...], quantas: int) -> str:
    escolhidas = [f.format(n=sorteio.randint(2, 20)) for f in sorteio.sample(frases, quantas)]
    forma = sorteio.random()
    if forma < 0.15:
        return ". ".join(escolhidas) + "."  # typed through an integration: no markup at all
    if forma < 0.3:
        return "<p>" + "<br>".join(escolhidas) + "</p>"
    if forma < 0.45:
        return "<ul>" + "".join(f"<li>{x}</li>" for x in escolhidas) + "</ul>"
    return "".join(f'<p style="text-align: justify;"><strong>{x.split()[0]}</strong>{x[len(x.split()[0]) :]}.</p>' for x in escolhidas)


def soap(sorteio: random.Random) -> tuple[str, str, str, str]:
    """Subjective, objective, assessment and plan of one professional attendance."""
    return (_html(sorteio, _QUEIXAS, sorteio.randint(1, 2)), _html(sorteio, _ACHADOS, sorteio.randint(2, 5)),
            _html(sorteio, _AVALIACOES, sorteio.randint(1, 2)), _html(sorteio, _CONDUTAS, sorteio.randint(1, 4)))  # fmt: skip


MEDIDAS = (
    "nu_medicao_peso", "nu_medicao_altura", "nu_medicao_imc", "nu_medicao_pressao_arterial", "nu_medicao_frequencia_cardiaca",
    "nu_medicao_frequnca_resprtria", "nu_medicao_temperatura", "nu_medicao_saturacao_o2", "nu_medicao_glicemia", "tp_glicemia",
    "nu_medicao_circunf_abdominal", "st_medicao_anterior",
)  # fmt: skip


def medidas(sorteio: random.Random) -> tuple[str | int | None, ...]:
    """Values for ``MEDIDAS``, as people type them: comma or dot, slash or x, metres or centimetres, much left empty."""

    def talvez(chance: float, valor: str) -> str | None:
        return valor if sorteio.random() < chance else None

    peso, altura = sorteio.uniform(45, 110), sorteio.randint(145, 190)
    virgula = sorteio.random() < 0.5
    glicemia = talvez(0.3, str(sorteio.randint(70, 320)))
    sistolica = sorteio.randint(95, 175)
    return (
        talvez(0.9, f"{peso:.1f}".replace(".", "," if virgula else ".")),
        talvez(0.7, f"{altura / 100:.2f}".replace(".", ",") if sorteio.random() < 0.1 else str(altura)),
        talvez(0.6, f"{peso / (altura / 100) ** 2:.1f}".replace(".", "," if virgula else ".")),
        talvez(0.9, f"{sistolica}{'x' if sorteio.random() < 0.1 else '/'}{int(sistolica * 0.62)}"),
        talvez(0.7, str(sorteio.randint(55, 110))),
        talvez(0.4, str(sorteio.randint(12, 24))),
        talvez(0.8, f"{sorteio.uniform(35.8, 38.9):.1f}".replace(".", "," if virgula else ".")),
        talvez(0.6, str(sorteio.randint(93, 99))),
        glicemia,
        sorteio.choice((0, 1, 2, 3, None)) if glicemia else None,
        talvez(0.2, str(sorteio.randint(60, 130))),
        sorteio.choice((None, None, None, 0)),
    )
