"""Kinds of data as data ops call them."""

from __future__ import annotations

_WORDS = {
    "alergias_antigas": "alergias (cadastro antigo)",
    "complementos": "endereços e contatos",
    "convenios": "convênios",
    "diagnosticos": "diagnósticos",
    "diagnostico": "diagnóstico",
    "evolucoes": "evoluções",
    "evolucoes_prescricao": "evoluções da prescrição",
    "equipe": "equipe cirúrgica",
    "exames_resultados": "resultados de exames",
    "medicoes": "medições e sinais vitais",
    "movimentacoes": "movimentações de leito",
    "prescricoes": "prescrições",
    "profissionais": "profissionais",
    "responsavel": "profissional responsável",
    "sinais_vitais": "sinais vitais",
    "solicitacoes_exame": "solicitações de exames",
    "unificacao": "unificação de cadastros",
    "admissoes": "admissões",
}


def kind_in_words(name: str) -> str:
    """The name of a detail or origin in Portuguese."""
    return _WORDS.get(name, name.replace("_", " "))
