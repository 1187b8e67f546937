BEGIN TRANSACTION;

CREATE TABLE versao_migracao (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT versao_migracao_pkc PRIMARY KEY (version_num)
);

GO

-- Running upgrade  -> 0001

CREATE TABLE ImportacaoAtendimento (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_importacaoatendimento_aberta ON ImportacaoAtendimento (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_importacaoatendimento_pronta ON ImportacaoAtendimento (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_importacaoatendimento_paciente ON ImportacaoAtendimento (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_importacaoatendimento_espera ON ImportacaoAtendimento (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_importacaoatendimento_reservada ON ImportacaoAtendimento (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_importacaoatendimento_erro ON ImportacaoAtendimento (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_importacaoatendimento_fechada ON ImportacaoAtendimento (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

CREATE TABLE trava_fila (
    integracao_id INTEGER NOT NULL,
    nome VARCHAR(200) NOT NULL,
    PRIMARY KEY (integracao_id, nome)
);

GO

CREATE TABLE livro_entrega (
    integracao_id INTEGER NOT NULL,
    entidade VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    versao_conteudo VARCHAR(64) NULL,
    versao_tentada VARCHAR(64) NULL,
    sequencia BIGINT NOT NULL,
    entregue_em DATETIME2 NOT NULL,
    operacao VARCHAR(10) NOT NULL,
    PRIMARY KEY (integracao_id, entidade, chave)
);

GO

CREATE TABLE marca_dagua (
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    origem VARCHAR(100) NOT NULL,
    marcador VARCHAR(100) NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    executado_em DATETIME2 NOT NULL,
    detalhe NVARCHAR(max) NULL,
    PRIMARY KEY (integracao_id, processo, origem)
);

GO

CREATE TABLE carga_vista (
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    origem VARCHAR(100) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    marcador VARCHAR(100) NOT NULL,
    PRIMARY KEY (integracao_id, processo, origem, chave, marcador)
);

GO

CREATE TABLE codigo_sem_depara (
    integracao_id INTEGER NOT NULL,
    catalogo VARCHAR(60) NOT NULL,
    codigo NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    ocorrencias BIGINT NOT NULL,
    ultima_em DATETIME2 NOT NULL,
    PRIMARY KEY (integracao_id, catalogo, codigo)
);

GO

INSERT INTO versao_migracao (version_num) VALUES ('0001');

GO

-- Running upgrade 0001 -> 0002

CREATE TABLE PendenciaIntegracao (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_pendenciaintegracao_aberta ON PendenciaIntegracao (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_pendenciaintegracao_pronta ON PendenciaIntegracao (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_pendenciaintegracao_paciente ON PendenciaIntegracao (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_pendenciaintegracao_espera ON PendenciaIntegracao (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_pendenciaintegracao_reservada ON PendenciaIntegracao (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_pendenciaintegracao_erro ON PendenciaIntegracao (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_pendenciaintegracao_fechada ON PendenciaIntegracao (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

CREATE TABLE PendenciaBuscaAtendimentos (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_pendenciabuscaatendimentos_aberta ON PendenciaBuscaAtendimentos (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_pendenciabuscaatendimentos_pronta ON PendenciaBuscaAtendimentos (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_pendenciabuscaatendimentos_paciente ON PendenciaBuscaAtendimentos (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_pendenciabuscaatendimentos_espera ON PendenciaBuscaAtendimentos (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_pendenciabuscaatendimentos_reservada ON PendenciaBuscaAtendimentos (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_pendenciabuscaatendimentos_erro ON PendenciaBuscaAtendimentos (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_pendenciabuscaatendimentos_fechada ON PendenciaBuscaAtendimentos (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

CREATE TABLE AtualizacaoAgendaCirurgia (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_atualizacaoagendacirurgia_aberta ON AtualizacaoAgendaCirurgia (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_atualizacaoagendacirurgia_pronta ON AtualizacaoAgendaCirurgia (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_atualizacaoagendacirurgia_paciente ON AtualizacaoAgendaCirurgia (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_atualizacaoagendacirurgia_espera ON AtualizacaoAgendaCirurgia (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_atualizacaoagendacirurgia_reservada ON AtualizacaoAgendaCirurgia (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_atualizacaoagendacirurgia_erro ON AtualizacaoAgendaCirurgia (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_atualizacaoagendacirurgia_fechada ON AtualizacaoAgendaCirurgia (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

CREATE TABLE AplicacaoPendencia (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_aplicacaopendencia_aberta ON AplicacaoPendencia (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_aplicacaopendencia_pronta ON AplicacaoPendencia (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_aplicacaopendencia_paciente ON AplicacaoPendencia (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_aplicacaopendencia_espera ON AplicacaoPendencia (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_aplicacaopendencia_reservada ON AplicacaoPendencia (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_aplicacaopendencia_erro ON AplicacaoPendencia (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_aplicacaopendencia_fechada ON AplicacaoPendencia (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

UPDATE versao_migracao SET version_num='0002' WHERE versao_migracao.version_num = '0001';

GO

-- Running upgrade 0002 -> 0003

CREATE TABLE ImportarAtendimento (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_importaratendimento_aberta ON ImportarAtendimento (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_importaratendimento_pronta ON ImportarAtendimento (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_importaratendimento_paciente ON ImportarAtendimento (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_importaratendimento_espera ON ImportarAtendimento (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_importaratendimento_reservada ON ImportarAtendimento (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_importaratendimento_erro ON ImportarAtendimento (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_importaratendimento_fechada ON ImportarAtendimento (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

CREATE TABLE retrato (
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    origem VARCHAR(100) NOT NULL,
    bloco BIGINT NOT NULL,
    quantidade BIGINT NOT NULL,
    soma BIGINT NOT NULL,
    conteudo NVARCHAR(max) NOT NULL,
    PRIMARY KEY (integracao_id, processo, origem, bloco)
);

GO

UPDATE versao_migracao SET version_num='0003' WHERE versao_migracao.version_num = '0002';

GO

-- Running upgrade 0003 -> 0004

CREATE TABLE PacienteArquivo (
    id BIGINT NOT NULL IDENTITY,
    integracao_id INTEGER NOT NULL,
    processo VARCHAR(60) NOT NULL,
    chave NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    operacao VARCHAR(10) NOT NULL,
    prioridade SMALLINT NOT NULL,
    situacao VARCHAR(10) NOT NULL,
    tentativas INTEGER NOT NULL,
    proxima_tentativa_em DATETIME2 NULL,
    reservado_por NVARCHAR(500) COLLATE Latin1_General_100_BIN2 NULL,
    reservado_ate DATETIME2 NULL,
    motivo NVARCHAR(300) COLLATE Latin1_General_100_BIN2 NULL,
    versao_conteudo VARCHAR(64) NULL,
    criado_em DATETIME2 NOT NULL,
    concluido_em DATETIME2 NULL,
    reabrir BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE UNIQUE INDEX ux_pacientearquivo_aberta ON PacienteArquivo (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro');

GO

CREATE INDEX ix_pacientearquivo_pronta ON PacienteArquivo (integracao_id, processo, prioridade, id) WHERE situacao IN ('pendente');

GO

CREATE INDEX ix_pacientearquivo_paciente ON PacienteArquivo (integracao_id, chave_paciente, situacao DESC, prioridade, id) WHERE situacao IN ('pendente', 'reservado') AND chave_paciente IS NOT NULL;

GO

CREATE INDEX ix_pacientearquivo_espera ON PacienteArquivo (integracao_id, processo, proxima_tentativa_em) WHERE situacao IN ('pendente') AND proxima_tentativa_em IS NOT NULL;

GO

CREATE INDEX ix_pacientearquivo_reservada ON PacienteArquivo (integracao_id, reservado_ate) WHERE situacao IN ('reservado');

GO

CREATE INDEX ix_pacientearquivo_erro ON PacienteArquivo (integracao_id, processo, id) WHERE situacao IN ('erro');

GO

CREATE INDEX ix_pacientearquivo_fechada ON PacienteArquivo (integracao_id, processo, concluido_em) WHERE situacao IN ('concluido', 'descartado');

GO

ALTER TABLE PacienteArquivo ADD assunto NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL;

GO

ALTER TABLE PacienteArquivo ADD mensagem IMAGE NULL;

GO

CREATE TABLE PacienteSES (
    integracao_id INTEGER NOT NULL,
    pacienteid BIGINT NOT NULL,
    prontuario NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    nome NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    nome2 NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    nome3 NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    nomemae NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    datanascimento VARCHAR(10) NULL,
    sexo NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
    documento NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    cartao NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    celular NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    email NVARCHAR(250) COLLATE Latin1_General_100_BIN2 NULL,
    obito VARCHAR(1) NULL,
    dataobito VARCHAR(10) NULL,
    unificadocom BIGINT NULL,
    alteradoclinicoem VARCHAR(40) NULL,
    atualizadoem VARCHAR(40) NOT NULL,
    PRIMARY KEY (integracao_id, pacienteid)
);

GO

UPDATE versao_migracao SET version_num='0004' WHERE versao_migracao.version_num = '0003';

GO

-- Running upgrade 0004 -> 0005

ALTER TABLE PacienteArquivo ADD recusada BIT NULL;

GO

UPDATE versao_migracao SET version_num='0005' WHERE versao_migracao.version_num = '0004';

GO

-- Running upgrade 0005 -> 0006

CREATE TABLE linha_de_base (
    integracao_id INTEGER NOT NULL,
    item VARCHAR(100) NOT NULL,
    comando VARCHAR(100) NOT NULL,
    desde DATETIME2 NOT NULL,
    PRIMARY KEY (integracao_id, item)
);

GO

CREATE TABLE conferencia (
    instalacao NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    feita_em DATETIME2 NOT NULL,
    relatorio NVARCHAR(max) NOT NULL,
    PRIMARY KEY (instalacao)
);

GO

UPDATE versao_migracao SET version_num='0006' WHERE versao_migracao.version_num = '0005';

GO

COMMIT;

GO
