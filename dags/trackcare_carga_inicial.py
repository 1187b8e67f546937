"""
# TrackCare → Fusion: carga inicial

**Carga Inicial Pacientes** percorre `SQLUser.PA_Person` por número crescente, a partir do último já feito, `MaxRecords` pessoas por ciclo, e as
grava em `PacienteSES`, no próprio banco do TrackCare. Daí a DAG *TrackCare* as sincroniza e envia, atrás dos pacientes com algo novo.

**Acompanhar:** o log mostra feitos, total, ritmo e tempo restante a cada 10 segundos; o mesmo está em XCom › `progresso`.
**Pausar:** pause a DAG (o botão ao lado do nome): ela para no fim do ciclo. **Continuar:** despause.

## Se falhar
1. Limpe a tarefa vermelha (**Clear**): ela continua do último ponto de parada.
2. Depois de um desligamento ou de uma tarefa morta, é o mesmo: limpe, ou dispare a DAG outra vez.
3. *permission denied* ou *-99*: a conta precisa gravar em `PacienteSES`; veja `include/contracts/trackcare/README.md`.
4. Para refazer tudo desde o início, dispare com *Recomeçar*; pacientes sem mudança não são enviados de novo.
"""

from include.fusion.sistemas.trackcare.settings import TrackCare
from include.fusion.wiring import initial_load

# Airflow looks for DAGs only in files that name it.
for dag, step in initial_load(TrackCare, __doc__):
    with dag:
        step.copy_people("carga_inicial_pacientes", "Carga Inicial Pacientes")
