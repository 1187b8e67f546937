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

from include.fusion.wiring import fhir

# Airflow looks for DAGs only in files that name it.
dag, step = fhir(
    "fhir_push",
    __doc__,
    name="FHIR – envio",
    description="Observações da plataforma → servidor FHIR de cada tenant",
    timeout=timedelta(minutes=50),
    form="push",
    schedule="@hourly",
)
with dag:
    step.push(step.tenants("push"))

real_time, step = fhir(
    "fhir_push_tempo_real",
    __doc__,
    name="FHIR – envio em tempo real",
    description="Observações dos tenants em tempo real → servidor FHIR de cada um",
    timeout=timedelta(minutes=20),
)
with real_time:
    step.push_at_once()
