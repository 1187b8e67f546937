"""
# MV → Fusion

**Atualização Fila Pendências** esvazia o diário que a trigger em `DBAMV.ATENDIME` alimenta (`FUSION_INTEGRACAO.ImportacaoAtendimento`), vê
documentos, sinais vitais e prescrições novos e faz a ronda da UTI: cada atendimento vai para a fila de abertura, alta, troca de leito ou UTI.
**Busca Atendimentos Paciente** atende os pacientes que o Fusion pediu (`PendenciaBuscaAtendimentos`); **Busca Atualizações Paciente** acha os
pacientes alterados (`PendenciaIntegracao`). Os **processamentos** leem cada registro por inteiro e o entregam ao Fusion; **Acompanhamento**
fica de plantão por todas as filas enquanto houver movimento.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. Registro recusado fica na fila com situação `erro` e o motivo; a execução
segue verde e o resumo, no fim do log de cada etapa, conta os motivos.

Para trazer de novo um atendimento, um paciente ou um período: **Trigger** e preencha o formulário.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível* ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar, limpe a tarefa (**Clear**).
3. *Credenciais recusadas*: corrija a conexão em Admin › Connections e limpe a tarefa.
4. *ORA-00942* ou *permission denied*: faltam a instalação ou as permissões do esquema FUSION_INTEGRACAO no MV; veja `docs/mv-dba.md`.
5. *Registros recusados acima do limite*: corrija a causa que o log aponta (De/Para, layout) e limpe a tarefa; os erros dela são reenviados.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.sistemas.mv.settings import Mv
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(Mv, __doc__):
    with dag:
        with step.group("filas", "Filas de pendências"):
            queue = step.search("atualizacao_fila_pendencias", "Atualização Fila Pendências", takes_form=True)
            asked = step.requests("busca_atendimentos_paciente", "Busca Atendimentos Paciente")
            people = step.search("busca_atualizacoes_paciente", "Busca Atualizações Paciente")
        with step.group("processamento", "Processamento"):
            opening = step.deliver("abertura", "Processamento Pendência Abertura")
            discharge = step.deliver("alta", "Processamento Pendência Alta")
            bed = step.deliver("troca_leito", "Processamento Pendência Troca Leito")
            icu = step.deliver("uti", "Processamento Pendência UTI")
            patient = step.deliver("atualizacao_paciente", "Processamento Pendência Atualização Paciente")
        # One after the other: the last of them knows whether anything waits for the deliveries.
        queue >> asked >> people >> [opening, patient]
        queue >> [opening, discharge, bed, icu, patient] >> step.stay_on_duty()
        opening >> discharge
