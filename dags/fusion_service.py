"""
# Fusion Service

Processa as pendências de aplicação do Fusion que a DAG *Skymed* registra. **Buscar Pendências** lê as que estão abertas e põe cada
agendamento na fila `AplicacaoPendencia`; **Processar Pendências** lê o agendamento no MV (paciente, cirurgias, equipe, sala, horários,
situação), o entrega à agenda cirúrgica do Fusion e conclui a pendência. Agendamento apagado no MV é cancelado no Fusion.

A DAG acorda sozinha segundos depois de uma pendência nova; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Agendamento recusado fica na fila com situação `erro` e o motivo, e a sua
pendência é concluída com esse erro; a execução segue verde e o resumo, no fim do log, conta os motivos.
Onde o Fusion.Service do fornecedor processa as pendências, esta DAG fica desligada (`habilitada: false` nas configurações).

Para trazer de novo um agendamento, os de um paciente ou os de um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *Fusion recusou /api/AplicacaoPendencia*: os agendamentos foram entregues, a conclusão da pendência não; avise a equipe de integração.
5. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para) e limpe a tarefa; os erros dela são reenviados.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(FusionService, __doc__):
    with dag:
        search = step.search("buscar_pendencias", "Buscar Pendências", takes_form=True)
        search >> step.deliver("processar_pendencias", "Processar Pendências")
