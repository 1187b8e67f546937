"""
# TrackCare → Fusion (HL7)

**Sincronizar Pacientes** compara os pacientes alterados em `PacienteSES` (banco do TrackCare) com a cópia do banco Integrador, página por
página, e grava só os que diferem. **Pendência Busca Paciente** lê por inteiro cada um deles (admissões, alergias, diagnósticos, anamneses,
evoluções, procedimentos, medicamentos, cirurgias e sinais vitais) e grava as mensagens HL7 novas em `PacienteArquivo`, em ordem.
**Envio Arquivo Fusion** as envia, na ordem de cada paciente, e registra a resposta: *AA* conclui, *AE* vai para `erro` com o código.

A DAG acorda sozinha segundos depois de uma mudança; a cada 10 minutos roda de qualquer modo, como rede de segurança.
Etapa em rosa (*skipped*) é normal: não havia nada para ela. A mesma mensagem leva sempre o mesmo número de controle (MSH-10): reenviar não
duplica nada. Pacientes anteriores à implantação entram pela DAG *carga inicial*.

Para trazer de novo um paciente: **Trigger** e preencha o formulário. *Comparar tudo* relê `PacienteSES` desde o início.

## Se falhar
1. Abra a tarefa vermelha e leia a última linha do log: ela diz o que falhou e o que fazer.
2. *Fusion indisponível*, sem resposta MLLP ou banco fora do ar: nada se perdeu. Quando voltar, a DAG continua sozinha; para não esperar,
   limpe a tarefa (**Clear**).
3. *Fusion rejeitou a mensagem* (AR): confira versão, charset e MSH-3 na seção `hl7` das configurações e os layouts da integração no Fusion.
4. *Registros recusados acima do limite* (AE): o código diz o campo; `python -m include.fusion hl7 check ARQUIVO` explica uma mensagem campo
   por campo. Corrija a causa e limpe a tarefa; os erros dela são reenviados.
5. *Pacientes com algo recusado*: uma causa comum (De/Para, charset) impede que se diga algo da maioria; `PendenciaIntegracao.motivo` diz o quê.
   O resto dos mesmos pacientes segue para o envio. Corrija a causa e limpe a tarefa.
6. Limpar ou disparar de novo nunca duplica nada no Fusion.
"""

from typing import Any

from fusion_airflow.dags.integration import dag_de_integracao
from fusion_airflow.operators import CargaOperator, EnvioArquivoOperator, PendenciaBuscaOperator
from include.fusion.settings import instaladas
from include.fusion.sistemas.trackcare.settings import TrackCare

SINCRONIZAR, PENDENCIA, ENVIO = "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion"

for integracao in instaladas(TrackCare):
    comum: dict[str, Any] = {"integracao": integracao.id}
    with dag_de_integracao(integracao, __doc__):
        sincronizar = CargaOperator(
            ajustes=SINCRONIZAR, passo=SINCRONIZAR, task_id=SINCRONIZAR, task_display_name="Sincronizar Pacientes", **comum
        )
        pendencia = PendenciaBuscaOperator(
            processo=PENDENCIA, task_id=PENDENCIA, task_display_name="Pendência Busca Paciente", trigger_rule="none_failed", **comum
        )
        envio = EnvioArquivoOperator(task_id=ENVIO, task_display_name="Envio Arquivo Fusion", trigger_rule="none_failed", **comum)
        sincronizar >> pendencia >> envio
