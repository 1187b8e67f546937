"""
# e-SUS AB → Fusion: carga inicial

Percorre uma única vez todo o histórico do PEC. **Carga** põe as chaves na fila, página por página, com ponto de parada a cada página;
**Processamento** as entrega ao Fusion, sempre atrás do movimento do dia. O que muda durante a carga segue pela DAG *e-SUS AB*, que
continua de onde esta começou.

**Acompanhar:** o log mostra feitos, total, ritmo e tempo restante a cada 10 segundos; o mesmo está em XCom › `progresso`.
**Pausar:** pause a DAG (o botão ao lado do nome): ela para no fim da página ou do lote. **Continuar:** despause.

## Se falhar
1. Limpe a tarefa vermelha (**Clear**): ela continua do último ponto de parada. O que já foi entregue não é enviado de novo.
2. Depois de um desligamento ou de uma tarefa morta, é o mesmo: limpe, ou dispare a DAG outra vez.
3. Registros em `erro` ficam na fila com o motivo; depois de corrigir a causa, dispare com *Reenviar erros*.
4. Para refazer tudo desde o início, dispare com *Recomeçar*; registros sem mudança não são enviados de novo.
5. Parada perto do fim: os últimos registros esperam outra pendência do mesmo paciente, ou a sua próxima tentativa. Veja se a DAG *e-SUS AB*
   está ligada e se entrega; a carga segue sozinha.
"""

from include.fusion.sistemas.esus_ab.settings import EsusAb
from include.fusion.wiring import initial_load

# Airflow looks for DAGs only in files that name it.
for dag, step in initial_load(EsusAb, __doc__):
    with dag:
        step.queue_history("carga", "Carga") >> step.deliver_history("processamento", "Processamento")
