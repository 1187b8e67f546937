"""Facts checked behind the hub's back: SQL written for the check alone, so that a fault in the project's own reader cannot hide."""

from __future__ import annotations

import re
from typing import Any

from sandbox.report.query import consultar

_FATOS = {
    "consulfarma": """
        select a.AtendimentoId::text, p.Cpf,
               (select count(*) from dbo.PrescricaoMedicamento m where m.AtendimentoId = a.AtendimentoId and m.Excluido = 0)
          from dbo.Atendimento a join dbo.Paciente p on p.PacienteId = a.PacienteId
         where a.Excluido = 0 and a.Situacao <> 'C'""",
    "esus_ab": """
        select a.co_seq_atend::text, c.nu_cpf,
               (select count(*) from tb_atend_prof f join tb_receita_medicamento r on r.co_atend_prof = f.co_seq_atend_prof
                 where f.co_atend = a.co_seq_atend and f.st_cancelado is distinct from 1)
          from tb_atend a join tb_prontuario p on p.co_seq_prontuario = a.co_prontuario join tb_cidadao c on c.co_seq_cidadao = p.co_cidadao
         where coalesce((select bool_and(f.st_cancelado is not distinct from 1) from tb_atend_prof f where f.co_atend = a.co_seq_atend), false) is false""",
    "mv": """
        select a.cd_atendimento::text, p.nr_cpf,
               (select count(*) from dbamv.pre_med m join dbamv.itpre_med i on i.cd_pre_med = m.cd_pre_med
                   left join dbamv.tip_presc t on t.cd_tip_presc = i.cd_tip_presc
                   left join dbamv.tip_esq e on e.cd_tip_esq = coalesce(i.cd_tip_esq, t.cd_tip_esq)
                 where m.cd_atendimento = a.cd_atendimento and m.sn_fechado = 'S'
                   and coalesce(e.sn_exa_lab, 'N') <> 'S' and coalesce(e.sn_exa_rx, 'N') <> 'S')
          from dbamv.atendime a join dbamv.paciente p on p.cd_paciente = a.cd_paciente""",
    "sotech": """
        select a.pkatendimento::text, p.cpf,
               (select count(*) from pep.ate_prescricao_item i where i.ativo and i.fkprescricao in (
                   select r.pkprescricao from pep.ate_prescricao r where r.fkatendimento = a.pkatendimento and r.ativo))
          from sotech.ate_atendimento a join sotech.cdg_paciente p on p.pkpaciente = a.fkpaciente
         where a.ativo""",
    "tasy": """
        select a.nr_atendimento::text, p.nr_cpf,
               (select count(*) from tasy.prescr_material i where i.nr_prescricao in (
                   select m.nr_prescricao from tasy.prescr_medica m where m.nr_atendimento = a.nr_atendimento and m.dt_liberacao is not null))
          from tasy.atendimento_paciente a join tasy.pessoa_fisica p using (cd_pessoa_fisica)
         where a.dt_cancelamento is null""",
}
"""Attendance's key, its patient's CPF as the source keeps it, how many medicines are prescribed; only what is not cancelled."""
_FUSION = """select codigo, corpo -> 'paciente' ->> 'cpf', coalesce(jsonb_array_length(corpo -> 'prescricoes'), 0)
from registro where entidade = 'atendimento' and integracao_id = %s and not cancelado"""


def _linhas(url: str, sql: str, *valores: Any) -> dict[str, tuple[str, int]]:
    return {chave: (re.sub(r"\D", "", cpf or ""), itens) for chave, cpf, itens in consultar(url, sql, *valores)}


def conferir(sistema: str, url_origem: str, url_fusion: str, integracao_id: int, *, ignorar: set[str]) -> list[str]:
    """What differs, as counts with example keys; keys of ``ignorar`` are accounted for elsewhere."""
    if sistema not in _FATOS:
        return [f"{sistema}: no facts to check, see _FATOS of sandbox/report/facts.py"]
    origem = _linhas(url_origem, _FATOS[sistema])
    fusion = _linhas(url_fusion, _FUSION, integracao_id)
    comuns = [c for c in origem if c in fusion and c not in ignorar]
    divergencias = {
        "without a record in Fusion": [c for c in origem if c not in fusion and c not in ignorar],
        "in Fusion but cancelled or gone at the source": [c for c in fusion if c not in origem and c not in ignorar],
        "with another CPF in Fusion": [c for c in comuns if origem[c][0] != fusion[c][0]],
        "with another number of prescriptions in Fusion": [c for c in comuns if origem[c][1] != fusion[c][1]],
    }
    return [f"{sistema}: {len(chaves)} {o_que} (such as {', '.join(chaves[:3])})" for o_que, chaves in divergencias.items() if chaves]
