"""
# Conferir instalação

Antes da primeira carga, e depois de cada atualização do sistema de origem: **Trigger**, escolha a instalação, e **Conferir** diz o que dela vai chegar ao
Fusion e o que não vai. Nada é escrito na origem nem no Fusion, e nenhum dado de paciente entra no relatório.

- **O que se perdeu**: o que a conta lia na última conferência e não lê mais. Vem primeiro; até a correção, as execuções desta instalação param em vermelho.
- **Conexões**: conta, versão, relógio, fuso, codificação. **Tipos de dado**: cada comando perguntado ao esquema de verdade, com a tabela ou a coluna que
  falta, ou só a permissão. **Permissões a pedir ao DBA**: os comandos prontos. **Planos**: o que lê tabelas grandes por inteiro, com o índice a criar.
- **De/Para**: os códigos dos últimos 30 dias, os sem palavra primeiro, e o YAML a preencher. **Destino**: Fusion ou o receptor HL7 respondem.

O relatório fica em `/conferencia/<id>` neste mesmo endereço, como página e como JSON (`/conferencia/<id>/json`), e inteiro no log da tarefa. De um terminal:
`python -m include.fusion check <id> --html relatorio.html`.

## Se falhar
1. *Conferir* vermelha – *Nem tudo vai trafegar*: não é erro da DAG, é a resposta. Abra o relatório e siga as linhas com ✗, de cima para baixo.
2. *Conferir* vermelha – *Nem tudo pôde ser conferido*: um banco, o Fusion ou o receptor não respondeu; a linha com ? diz qual. Corrija a conexão e limpe a tarefa (**Clear**).
3. Algo saiu da origem de propósito (um módulo desinstalado): **Trigger** com a instalação e *Aceitar o que falta*; as execuções seguem sem isso.
4. Limpar ou disparar de novo só confere outra vez.
"""

from include.fusion.wiring import checkup

# Airflow looks for DAGs only in files that name it.
dag, step = checkup(__doc__)
with dag:
    step.check(step.installations())
