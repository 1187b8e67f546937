"""
# MV → Fusion

**Atualização Fila Pendências** esvazia o diário que a trigger em `DBAMV.ATENDIME` alimenta (`FUSION_INTEGRACAO.ImportacaoAtendimento`), vê
documentos, sinais vitais e prescrições novos e faz a ronda da UTI: cada atendimento vai para a fila de abertura, alta, troca de leito ou UTI.
**Busca Atendimentos Paciente** atende os pacientes que o Fusion pediu (`PendenciaBuscaAtendimentos`); **Busca Atualizações Paciente** acha os
pacientes alterados (`PendenciaIntegracao`). Os **processamentos** leem cada registro por inteiro e o entregam ao Fusion; **Acompanhamento**
fica de plantão por todas as filas enquanto houver movimento.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Registro recusado fica na fila com situação `erro` e o motivo; a execução
segue verde e o resumo, no fim do log de cada etapa, conta os motivos.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *ORA-00942* ou *permission denied*: faltam a instalação ou as permissões do esquema FUSION_INTEGRACAO no MV; veja `docs/mv-dba.md`.
5. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para, layout) e limpe a tarefa; os erros dela são reenviados.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from typing import Any

from airflow.sdk import TaskGroup

from fusion_airflow.dags.integration import dag_de_integracao
from fusion_airflow.operators import AcompanhamentoOperator, CargaOperator, ImportacaoOperator, PedidosOperator
from include.fusion.settings import instaladas
from include.fusion.sistemas.mv.settings import Mv

PROCESSOS = {
    "abertura": "Processamento Pendência Abertura",
    "alta": "Processamento Pendência Alta",
    "troca_leito": "Processamento Pendência Troca Leito",
    "uti": "Processamento Pendência UTI",
    "atualizacao_paciente": "Processamento Pendência Atualização Paciente",
}

for integracao in instaladas(Mv):
    comum: dict[str, Any] = {"integracao": integracao.id}
    with dag_de_integracao(integracao, __doc__):
        with TaskGroup("filas", group_display_name="Filas de pendências"):
            fila, pacientes = (
                CargaOperator(
                    ajustes=passo, passo=passo, primeiro=primeiro, task_id=passo, task_display_name=nome, trigger_rule=regra, **comum
                )
                for passo, nome, primeiro, regra in (
                    ("atualizacao_fila_pendencias", "Atualização Fila Pendências", True, "all_success"),
                    ("busca_atualizacoes_paciente", "Busca Atualizações Paciente", False, "none_failed"),
                )
            )
            pedidos = PedidosOperator(
                task_id="busca_atendimentos_paciente", task_display_name="Busca Atendimentos Paciente", trigger_rule="none_failed", **comum
            )
        with TaskGroup("processamento", group_display_name="Processamento"):
            processos = {
                processo: ImportacaoOperator(
                    processo=processo, task_id=processo, task_display_name=nome, trigger_rule="none_failed", **comum
                )
                for processo, nome in PROCESSOS.items()
            }
        acompanhamento = AcompanhamentoOperator(
            task_id="acompanhamento", task_display_name="Acompanhamento", trigger_rule="none_failed", **comum
        )
        # One after the other: the last of them knows whether anything waits for the deliveries.
        fila >> pedidos >> pacientes >> [processos["abertura"], processos["atualizacao_paciente"]]
        fila >> list(processos.values()) >> acompanhamento
        processos["abertura"] >> processos["alta"]
