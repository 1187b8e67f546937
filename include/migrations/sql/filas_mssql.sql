-- criar_entrada
CREATE TABLE #fila_entrada (
    n bigint PRIMARY KEY, chave nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL, operacao varchar(10) NOT NULL, prioridade smallint NOT NULL
);

-- inserir_entrada
INSERT INTO #fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade);

-- unir
MERGE INTO ImportacaoAtendimento WITH (HOLDLOCK) AS t
USING (SELECT chave, chave_paciente, operacao, prioridade FROM #fila_entrada WHERE n > :de AND n <= :ate) AS e
ON t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ('pendente', 'reservado', 'erro')
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = CASE WHEN t.prioridade < e.prioridade THEN t.prioridade ELSE e.prioridade END,
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END;

-- inserir
INSERT INTO ImportacaoAtendimento (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, 0, SYSUTCDATETIME()
FROM #fila_entrada AS e
WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (
    SELECT 1 FROM ImportacaoAtendimento AS t WITH (UPDLOCK, HOLDLOCK)
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ('pendente', 'reservado', 'erro'))
ORDER BY e.n;

-- escolher
SELECT TOP (:quantos) c.id FROM ImportacaoAtendimento AS c
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= SYSUTCDATETIME())
        AND (c.chave_paciente IS NULL OR c.id = (
            SELECT TOP (1) a.id FROM ImportacaoAtendimento AS a
            WHERE a.integracao_id = c.integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
            ORDER BY a.situacao DESC, a.prioridade, a.id))
    ORDER BY c.prioridade, c.id;

-- reservar
WITH escolhida AS (
    SELECT TOP (:quantos) c.* FROM ImportacaoAtendimento AS c WITH (UPDLOCK, READPAST, ROWLOCK)
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= SYSUTCDATETIME())
        AND (c.chave_paciente IS NULL OR c.id = (
            SELECT TOP (1) a.id FROM ImportacaoAtendimento AS a
            WHERE a.integracao_id = c.integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
            ORDER BY a.situacao DESC, a.prioridade, a.id))
    ORDER BY c.prioridade, c.id
)
UPDATE escolhida SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL,
    reservado_ate = DATEADD(millisecond, CAST((CAST(:prazo AS decimal(18, 3)) % 1) * 1000 AS int), DATEADD(second, CAST(:prazo AS int), SYSUTCDATETIME()))
OUTPUT inserted.id, inserted.chave, inserted.chave_paciente, inserted.operacao, inserted.prioridade,
    inserted.tentativas, inserted.criado_em;

-- reservar_filtrado
WITH escolhida AS (
    SELECT TOP (:quantos) c.* FROM ImportacaoAtendimento AS c WITH (UPDLOCK, READPAST, ROWLOCK)
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= SYSUTCDATETIME())
        AND c.chave IN :chaves
        AND (c.chave_paciente IS NULL OR c.id = (
            SELECT TOP (1) a.id FROM ImportacaoAtendimento AS a
            WHERE a.integracao_id = c.integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
            ORDER BY a.situacao DESC, a.prioridade, a.id))
    ORDER BY c.prioridade, c.id
)
UPDATE escolhida SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL,
    reservado_ate = DATEADD(millisecond, CAST((CAST(:prazo AS decimal(18, 3)) % 1) * 1000 AS int), DATEADD(second, CAST(:prazo AS int), SYSUTCDATETIME()))
OUTPUT inserted.id, inserted.chave, inserted.chave_paciente, inserted.operacao, inserted.prioridade,
    inserted.tentativas, inserted.criado_em;

-- registrar
UPDATE ImportacaoAtendimento WITH (ROWLOCK) SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN DATEADD(millisecond, CAST((CAST(:espera AS decimal(18, 3)) % 1) * 1000 AS int), DATEADD(second, CAST(:espera AS int), SYSUTCDATETIME())) END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN SYSUTCDATETIME() END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono;
