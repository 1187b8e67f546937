"""
# Skymed → Fusion

**Importar Pendências** esvazia o diário que a trigger em `DBAMV.AGE_CIR` alimenta (`FUSION_INTEGRACAO.AtualizacaoAgendaCirurgia`, no MV) e
registra no Fusion uma pendência de aplicação por agendamento cirúrgico alterado. Duas mudanças que esperam juntas são uma pendência só.
Quem as processa é a DAG *Fusion Service* (ou o Fusion.Service do fornecedor, onde ele estiver instalado).

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Pendência recusada pelo Fusion fica na fila `AtualizacaoAgendaCirurgia` com situação `erro` e o motivo; a execução segue verde e o resumo,
no fim do log, conta os motivos.

Para anunciar de novo um agendamento, os de um paciente ou os de um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *ORA-00942* ou *permission denied*: faltam a instalação ou as permissões do esquema FUSION_INTEGRACAO no MV; veja `docs/mv-dba.md`.
5. Limpar ou disparar de novo pode anunciar um agendamento outra vez, mas nunca o duplica no Fusion.
"""

from include.fusion.sistemas.skymed.settings import Skymed
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Skymed, __doc__):
    with dag:
        step.deliver("importar_pendencias", "Importar Pendências", searches=True)
