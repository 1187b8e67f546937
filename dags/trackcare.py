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

from include.fusion.sistemas.trackcare.settings import TrackCare
from include.fusion.wiring import integration

# Airflow looks for DAGs only in files that name it.
for dag, step in integration(TrackCare, __doc__):
    with dag:
        search = step.search("sincronizar_pacientes", "Sincronizar Pacientes", takes_form=True)
        prepare = step.prepare("pendencia_busca_paciente", "Pendência Busca Paciente")
        search >> prepare >> step.send("envio_arquivo_fusion", "Envio Arquivo Fusion")
