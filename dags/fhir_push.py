"""
# FHIR: plataforma → prontuário (EHR)

**FHIR – envio** roda a cada hora: **Tenants** lista os que têm observações não sincronizadas; **Enviar** tem uma tarefa por tenant, com o nome
dele, e as envia. **FHIR – envio em tempo real** acorda segundos depois de uma observação nova de um tenant em `realtime` e atende a todos
eles de uma vez, enquanto houver movimento. A falha de um tenant não segura os outros.

Observação recusada fica na fila `SincronizacaoFhir` com situação `erro` e o motivo (a *dead letter*), e a tarefa segue verde. As que caíram
por servidor fora do ar voltam sozinhas na hora seguinte. Para enviar uma só, ou reenviar as recusadas: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha (o nome é o do tenant) e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Servidor FHIR indisponível*: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a configuração do tenant (`PUT /api/v1/fhir/config`) e limpe a tarefa.
4. *Observações recusadas acima do limite*: corrija a causa que o log aponta (escopos, perfil do servidor) e limpe a tarefa.
5. Limpar ou disparar de novo nunca duplica nada no prontuário.
"""

from datetime import timedelta

from airflow.sdk import DAG

from fusion_airflow.dags.fhir import FORMULARIO_PUSH, NOME_DO_TENANT, comum, observacoes_pendentes
from fusion_airflow.operators.fhir import FhirPushOperator, FhirTempoRealOperator, TenantsFhirOperator

with DAG(
    "fhir_push",
    dag_display_name="FHIR – envio",
    description="Observações da plataforma → servidor FHIR de cada tenant",
    schedule="@hourly",
    **comum(__doc__, FORMULARIO_PUSH, timedelta(minutes=50)),
):
    tenants = TenantsFhirOperator(direcao="push", task_id="tenants", task_display_name="Tenants")
    FhirPushOperator.partial(task_id="enviar", task_display_name="Enviar", map_index_template=NOME_DO_TENANT).expand_kwargs(tenants.output)

with DAG(
    "fhir_push_tempo_real",
    dag_display_name="FHIR – envio em tempo real",
    description="Observações dos tenants em tempo real → servidor FHIR de cada um",
    schedule=[observacoes_pendentes()],
    **comum(__doc__, {}, timedelta(minutes=20)),
):
    FhirTempoRealOperator(task_id="enviar", task_display_name="Enviar em tempo real")
