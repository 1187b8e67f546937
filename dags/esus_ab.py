"""
# e-SUS AB → Fusion

**Importação** procura os atendimentos alterados no PEC (situação, cidadão, retificação e, onde a versão do PEC tem auditoria, edição
tardia de conteúdo) e os entrega ao Fusion pelo layout JSON, com evoluções, vacinas, sinais vitais, diagnósticos, solicitações de exame e
prescrições.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Registro recusado fica na fila (`ImportacaoAtendimento`) com situação `erro` e o motivo; a execução segue verde e o resumo, no fim do
log, conta os motivos. O histórico anterior à implantação entra pela DAG *carga inicial*.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *Nenhum SQL serve para este esquema*: o PEC foi atualizado; o erro lista as colunas procuradas. Avise a equipe de integração.
5. *Registros recusados acima do limite*: corrija a causa que o log aponta e limpe a tarefa; os erros dela são reenviados.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.esus_ab.settings import EsusAb
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(EsusAb, __doc__):
    with dag:
        step.deliver("importacao", "Importação", searches=True)
