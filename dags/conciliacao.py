"""
# Conciliação: origem = Fusion

Toda noite, fora do pico da origem (`conciliacao.hora` de cada entrada), **Comparar** confere cada integração por inteiro: as chaves e o conteúdo
da origem, a fila, o livro de entregas e a lista de chaves do Fusion. Acha o que nenhuma busca de mudanças vê (transação confirmada com atraso,
relógio que pulou, trigger que falhou calada, banco restaurado) e põe na fila o reparo:

- **ausente**: a origem tem, o Fusion não; **defasado**: o conteúdo é outro; **fantasma**: vivo no Fusion, e não na origem; **em dobro**: duas vezes no Fusion.
- Só conta o que difere em duas olhadas seguidas. O que já está na fila, ou em `erro` nela, não é diferença.
- Os reparos vão pela fila normal, depois do movimento do dia; quem os leva ao Fusion é a DAG da integração.

**Cancelamento em massa espera por uma pessoa.** Uma origem que está sendo restaurada parece vazia: acima de `parcela_cancelamento` (1 %, e mais
de 20 registros), **Confirmar cancelamentos** pergunta na UI (*Required Actions*). Sem resposta no prazo, nada é cancelado, e **Alarme** diz isso.

Por **Trigger**: uma integração, um atendimento, um paciente, um período; *Simular* compara e não altera nada. Fantasmas que sumiram da origem sem
deixar linha só aparecem na comparação por inteiro, ou pelo código do atendimento.

- Um Fusion sem a lista de chaves: a comparação é só entre origem e livro, e o log diz isso.
- MV e Tasy: os cadastros de pacientes já entregues são comparados também.
- Fusion Service: os agendamentos já entregues, e os de 7 dias atrás em diante. MV sem carga inicial: o mesmo, com atendimentos.
- TrackCare envia mensagens, cujo estado o Fusion não conta: a unidade é o paciente, e a comparação, entre origem e livro; sem fantasmas.
- Skymed só avisa que um agendamento mudou e não guarda conteúdo: não há o que comparar, e a tarefa diz isso.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Comparar* – *A origem não deixou ler*: permissão perdida ou banco fora do ar. Nada foi concluído do que não se leu. Corrija e limpe a tarefa (**Clear**).
3. *Alarme* – *nada foi cancelado por falta de um sim*: confira com o responsável pela origem se os registros sumiram de verdade; depois **Trigger**, e
   responda em *Required Actions*.
4. *Alarme* – *em dobro*: o Fusion guarda duas vezes a mesma chave; isso se corrige lá, com o suporte do Fusion. As chaves estão no log de *Comparar*.
5. Reparos que voltam toda noite: veja na fila da integração o `motivo` dos registros em `erro`.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from include.fusion.wiring import reconciliation

# Airflow looks for DAGs only in files that name it.
dag, step = reconciliation(__doc__)
with dag:
    compared = step.compare(step.integrations())
    cancelled = step.cancel(step.ask(compared))
    step.alarm(compared, cancelled)
