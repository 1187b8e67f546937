"""
# Consulfarma → Fusion

**Carga** procura os atendimentos alterados na Consulfarma (também por mudança em paciente, alergia, vacina, cirurgia, diagnóstico,
exame ou prescrição) e alimenta a tabela `ImportacaoAtendimento`. **Importação** lê cada um por inteiro e o entrega ao Fusion.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Registro recusado fica na fila com situação `erro` e o motivo; a execução
segue verde e o resumo, no fim do log de *Importação*, conta os motivos.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para, layout) e limpe a tarefa; os erros dela são reenviados.
5. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.consulfarma.settings import Consulfarma
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Consulfarma, __doc__):
    with dag:
        step.search("carga", "Carga", takes_form=True) >> step.deliver("importacao", "Importação")
