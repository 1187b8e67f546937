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

from typing import Any

from airflow.sdk import TaskGroup

from fusion_airflow.dags.integration import dag_de_integracao
from fusion_airflow.operators import AcompanhamentoOperator, CargaOperator, ImportacaoOperator
from include.fusion.settings import instaladas
from include.fusion.sistemas.tasy.settings import Tasy

BUSCAS = {
    "buscar_atendimentos": "Buscar Atendimentos Tasy",
    "gerar_pendencia_atualizacao_pacientes": "Gerar Pendência Atualização Pacientes",
}
ENTREGAS = {
    "buscar_informacoes_atendimentos": "Busca Informações Atendimento",
    "integrar_pendencia_atualizacao_pacientes": "Integrar Pendência Atualização Pacientes",
}

for integracao in instaladas(Tasy):
    comum: dict[str, Any] = {"integracao": integracao.id, "trigger_rule": "none_failed"}
    with dag_de_integracao(integracao, __doc__):
        with TaskGroup("filas", group_display_name="Filas"):
            atendimentos, pacientes = (
                CargaOperator(ajustes=passo, passo=passo, primeiro=n == 0, task_id=passo, task_display_name=nome, **comum)
                for n, (passo, nome) in enumerate(BUSCAS.items())
            )
        with TaskGroup("integracao", group_display_name="Integração"):
            informacoes, integrar = (
                ImportacaoOperator(processo=processo, task_id=processo, task_display_name=nome, **comum)
                for processo, nome in ENTREGAS.items()
            )
        acompanhamento = AcompanhamentoOperator(task_id="acompanhamento", task_display_name="Acompanhamento", **comum)
        # A patient's change queues his or her attendances, too.
        atendimentos >> pacientes >> [informacoes, integrar] >> acompanhamento
