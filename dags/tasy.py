"""
# Tasy → Fusion

Duas cadeias numa só DAG. **Buscar Atendimentos Tasy** vê pelo `DT_ATUALIZACAO` de cada tabela o que foi mexido (atendimento, sinais vitais,
evoluções, prescrições, diagnósticos, alergias, passagens por setor) e enfileira os atendimentos em `ImportarAtendimento`; **Busca Informações
Atendimento** lê cada um por inteiro e o entrega ao Fusion. **Gerar Pendência Atualização Pacientes** faz o mesmo com `PESSOA_FISICA` e
`COMPL_PESSOA_FISICA` em `PendenciaIntegracao`; **Integrar Pendência Atualização Pacientes** entrega os pacientes. **Acompanhamento** fica de
plantão pelas duas filas enquanto houver movimento.

Só saem linhas liberadas e não inativadas; atendimento cancelado é cancelado no Fusion. Edições administrativas também movem o
`DT_ATUALIZACAO`: o que não mudou é concluído sem envio, e o log diz quanto isso poupou. No Tasy nada é instalado, só uma conta de leitura.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Registro recusado fica na fila com situação `erro` e o motivo; a execução
segue verde e o resumo, no fim do log de cada etapa, conta os motivos.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *ORA-00942* ou *permission denied*: falta uma permissão da conta de leitura; veja `include/contracts/tasy/permissoes.sql`. *ORA-00904*: esta
   versão do Tasy chama uma coluna de outro modo; ponha o SQL do hospital na pasta de `pasta_sql`.
5. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para, layout) e limpe a tarefa; os erros dela são reenviados.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.tasy.settings import Tasy
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Tasy, __doc__):
    with dag:
        with step.group("filas", "Filas"):
            visits = step.search("buscar_atendimentos", "Buscar Atendimentos Tasy", takes_form=True)
            people = step.search("gerar_pendencia_atualizacao_pacientes", "Gerar Pendência Atualização Pacientes")
        with step.group("integracao", "Integração"):
            deliveries = [
                step.deliver("buscar_informacoes_atendimentos", "Busca Informações Atendimento"),
                step.deliver("integrar_pendencia_atualizacao_pacientes", "Integrar Pendência Atualização Pacientes"),
            ]
        # A patient's change queues his or her attendances, too.
        visits >> people >> deliveries >> step.stay_on_duty()
