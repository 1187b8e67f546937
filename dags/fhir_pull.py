"""
# FHIR: prontuário (EHR) → plataforma

A cada 6 horas, **Tenants** lista os tenants que recebem e **Buscar** traz, em uma tarefa por tenant com o nome dele, as observações de cada
paciente que tem `ehrPatientId`: as novas são criadas, as conhecidas (por `fhirResourceId`) puladas, as alteradas atualizadas. O que mudou dos
dois lados fica como está na plataforma e vai por cima no próximo envio.

O que a plataforma não consegue guardar (data ou texto inválidos) fica na fila `SincronizacaoFhir` com situação `erro`, o motivo e a chave
`Observation/<id no servidor>`, e a tarefa segue verde. Corrigido no servidor, volta sozinho na busca seguinte; para buscá-lo já:
**Trigger** com *Só as recusadas*.

Para buscar um só tenant ou paciente: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha (o nome é o do tenant) e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Servidor FHIR indisponível*: nada se perdeu. Cada paciente continua de onde parou; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a configuração do tenant (`PUT /api/v1/fhir/config`) e limpe a tarefa.
4. Limpar ou disparar de novo nunca duplica nada na plataforma.
"""

from datetime import timedelta

from include.fusion.wiring import fhir

# Airflow looks for DAGs only in files that name it.
dag, step = fhir(
    "fhir_pull",
    __doc__,
    name="FHIR – busca",
    description="Observações do servidor FHIR de cada tenant → plataforma",
    timeout=timedelta(hours=5),
    form="pull",
    schedule="0 */6 * * *",
)
with dag:
    step.pull(step.tenants("pull"))
