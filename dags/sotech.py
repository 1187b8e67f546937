"""
# Sotech → Fusion

**Carga** compara cada registro da Sotech com o que foi visto da última vez (a Sotech não guarda data de alteração, só um número de versão) e
gera uma pendência na tabela `PendenciaIntegracao` para cada atendimento que mudou: no próprio atendimento, na anamnese, em diagnósticos,
prescrições, exames ambulatoriais, movimentações de leito, sinais vitais, evoluções ou no cadastro do paciente. **Integração** lê cada
atendimento pendente por inteiro e o entrega ao Fusion; o que foi inativado na Sotech (`ativo = false`) é cancelado lá.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Registro recusado fica na fila com situação `erro` e o motivo; a execução
segue verde e o resumo, no fim do log de *Integração*, conta os motivos.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para, layout) e limpe a tarefa; os erros dela são reenviados.
5. *Versão menor do que a última vista* (aviso, `versoes_regressivas` no resumo): o banco da Sotech foi restaurado de um backup. Nada a limpar,
   mas confirme com o responsável pelo banco: o Fusion passa a mostrar o que a Sotech tem agora.
6. *linhas na origem, … da última vez*: uma tabela perdeu mais da metade das linhas de uma vez, como durante uma restauração. Nada foi cancelado.
   Espere a restauração acabar e limpe a tarefa; se as linhas foram mesmo apagadas, siga o que a mensagem diz. O que nesse meio-tempo foi
   entregue ou recusado é lido de novo sozinho na primeira carga depois da restauração (o que não mudou não é reenviado).
7. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.sotech.settings import Sotech
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Sotech, __doc__):
    with dag:
        step.search("carga", "Carga", takes_form=True) >> step.deliver("integracao", "Integração")
