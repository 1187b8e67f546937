-- criar_entrada
CREATE TEMPORARY TABLE IF NOT EXISTS fila_entrada (
    n bigint PRIMARY KEY, chave text COLLATE "C" NOT NULL, chave_paciente text COLLATE "C",
    operacao text NOT NULL, prioridade smallint NOT NULL
) ON COMMIT DROP;

-- copiar
COPY fila_entrada (n, chave, chave_paciente, operacao, prioridade) FROM STDIN;

-- travar_abertas
SELECT count(*) FROM (
    SELECT t.id FROM ImportacaoAtendimento t
    JOIN (SELECT chave, chave_paciente, operacao, prioridade, n FROM fila_entrada WHERE n > :de AND n <= :ate) AS e (chave, chave_paciente, operacao, prioridade, n) ON e.chave = t.chave
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao IN ('pendente', 'reservado', 'erro')
    ORDER BY t.id FOR UPDATE OF t
) travadas;

-- unir_copiados
INSERT INTO ImportacaoAtendimento AS t (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, false, statement_timestamp()
FROM (SELECT chave, chave_paciente, operacao, prioridade, n FROM fila_entrada WHERE n > :de AND n <= :ate) AS e (chave, chave_paciente, operacao, prioridade, n)
ORDER BY e.n
ON CONFLICT (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro') DO UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = t.situacao = 'reservado',
    operacao = CASE WHEN t.operacao = 'inclusao' AND excluded.operacao = 'alteracao' THEN 'inclusao' ELSE excluded.operacao END,
    prioridade = least(t.prioridade, excluded.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE coalesce(excluded.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END
WHERE t.situacao = 'erro' OR (t.situacao = 'reservado' AND NOT t.reabrir) OR t.prioridade > excluded.prioridade
    OR t.chave_paciente IS DISTINCT FROM coalesce(excluded.chave_paciente, t.chave_paciente)
    OR (t.operacao <> excluded.operacao AND NOT (t.operacao = 'inclusao' AND excluded.operacao = 'alteracao'));

-- unir_diretos
INSERT INTO ImportacaoAtendimento AS t (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, false, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:pacientes AS text[]), CAST(:operacoes AS text[]), CAST(:prioridades AS smallint[]))
    WITH ORDINALITY AS e (chave, chave_paciente, operacao, prioridade, n)
ORDER BY e.n
ON CONFLICT (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro') DO UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = t.situacao = 'reservado',
    operacao = CASE WHEN t.operacao = 'inclusao' AND excluded.operacao = 'alteracao' THEN 'inclusao' ELSE excluded.operacao END,
    prioridade = least(t.prioridade, excluded.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE coalesce(excluded.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END
WHERE t.situacao = 'erro' OR (t.situacao = 'reservado' AND NOT t.reabrir) OR t.prioridade > excluded.prioridade
    OR t.chave_paciente IS DISTINCT FROM coalesce(excluded.chave_paciente, t.chave_paciente)
    OR (t.operacao <> excluded.operacao AND NOT (t.operacao = 'inclusao' AND excluded.operacao = 'alteracao'));

-- escolher
SELECT c.id, c.chave_paciente, c.prioridade, f.ordem FROM ImportacaoAtendimento c CROSS JOIN LATERAL (
        SELECT count(*) AS ordem, coalesce(bool_and(p.livre), true) AS livre FROM (
            SELECT a.situacao = 'pendente' AND a.processo = :processo
                AND (a.proxima_tentativa_em IS NULL OR a.proxima_tentativa_em <= statement_timestamp()) AS livre
            FROM ImportacaoAtendimento a
            WHERE a.integracao_id = :integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
                AND (a.situacao = 'reservado' OR (a.prioridade, a.id) <= (c.prioridade, c.id))
            ORDER BY a.situacao DESC, a.prioridade, a.id LIMIT :por_paciente + 1) p) f
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= statement_timestamp())
        AND f.livre AND f.ordem <= :por_paciente
    ORDER BY c.prioridade, c.id LIMIT :quantos;

-- reservar
WITH escolhida AS MATERIALIZED (
    SELECT c.id, c.chave_paciente, c.prioridade, f.ordem FROM ImportacaoAtendimento c CROSS JOIN LATERAL (
        SELECT count(*) AS ordem, coalesce(bool_and(p.livre), true) AS livre FROM (
            SELECT a.situacao = 'pendente' AND a.processo = :processo
                AND (a.proxima_tentativa_em IS NULL OR a.proxima_tentativa_em <= statement_timestamp()) AS livre
            FROM ImportacaoAtendimento a
            WHERE a.integracao_id = :integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
                AND (a.situacao = 'reservado' OR (a.prioridade, a.id) <= (c.prioridade, c.id))
            ORDER BY a.situacao DESC, a.prioridade, a.id LIMIT :por_paciente + 1) p) f
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= statement_timestamp())
        AND f.livre AND f.ordem <= :por_paciente
    ORDER BY c.prioridade, c.id LIMIT :quantos
    FOR UPDATE OF c SKIP LOCKED
), contada AS (
    SELECT id, ordem, row_number() OVER (PARTITION BY chave_paciente ORDER BY prioridade, id) AS presente FROM escolhida
)
UPDATE ImportacaoAtendimento t SET situacao = 'reservado', reservado_por = :dono, reabrir = false, motivo = NULL,
    reservado_ate = statement_timestamp() + CAST(:prazo AS double precision) * INTERVAL '1 second'
FROM contada e WHERE t.id = e.id AND (e.ordem = 0 OR e.ordem = e.presente)
RETURNING t.id, t.chave, t.chave_paciente, t.operacao, t.prioridade, t.tentativas, t.criado_em;

-- reservar_filtrado
WITH escolhida AS MATERIALIZED (
    SELECT c.id, c.chave_paciente, c.prioridade, f.ordem FROM ImportacaoAtendimento c CROSS JOIN LATERAL (
        SELECT count(*) AS ordem, coalesce(bool_and(p.livre), true) AS livre FROM (
            SELECT a.situacao = 'pendente' AND a.processo = :processo
                AND (a.proxima_tentativa_em IS NULL OR a.proxima_tentativa_em <= statement_timestamp()) AND a.chave = ANY(CAST(:chaves AS text[])) AS livre
            FROM ImportacaoAtendimento a
            WHERE a.integracao_id = :integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
                AND (a.situacao = 'reservado' OR (a.prioridade, a.id) <= (c.prioridade, c.id))
            ORDER BY a.situacao DESC, a.prioridade, a.id LIMIT :por_paciente + 1) p) f
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= statement_timestamp()) AND c.chave = ANY(CAST(:chaves AS text[]))
        AND f.livre AND f.ordem <= :por_paciente
    ORDER BY c.prioridade, c.id LIMIT :quantos
    FOR UPDATE OF c SKIP LOCKED
), contada AS (
    SELECT id, ordem, row_number() OVER (PARTITION BY chave_paciente ORDER BY prioridade, id) AS presente FROM escolhida
)
UPDATE ImportacaoAtendimento t SET situacao = 'reservado', reservado_por = :dono, reabrir = false, motivo = NULL,
    reservado_ate = statement_timestamp() + CAST(:prazo AS double precision) * INTERVAL '1 second'
FROM contada e WHERE t.id = e.id AND (e.ordem = 0 OR e.ordem = e.presente)
RETURNING t.id, t.chave, t.chave_paciente, t.operacao, t.prioridade, t.tentativas, t.criado_em;

-- registrar
WITH d AS MATERIALIZED (
    SELECT t.id, v.operacao, v.situacao, v.motivo, v.versao, v.espera
    FROM unnest(CAST(:ids AS bigint[]), CAST(:operacoes AS text[]), CAST(:situacoes AS text[]), CAST(:motivos AS text[]),
        CAST(:versoes AS text[]), CAST(:esperas AS double precision[])) AS v (id, operacao, situacao, motivo, versao, espera)
    JOIN ImportacaoAtendimento t ON t.id = v.id
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao = 'reservado' AND t.reservado_por = :dono
    ORDER BY t.id FOR UPDATE OF t
)
UPDATE ImportacaoAtendimento t SET
    situacao = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE d.situacao END,
    tentativas = CASE WHEN d.situacao = 'adiado' THEN t.tentativas + 1
        WHEN t.reabrir AND d.situacao <> 'devolvido' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE WHEN d.situacao IN ('adiado', 'devolvido') AND d.espera > 0
        THEN statement_timestamp() + d.espera * INTERVAL '1 second' END,
    reservado_por = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN NULL ELSE t.reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN t.reabrir AND d.situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE d.motivo END,
    versao_conteudo = coalesce(d.versao, t.versao_conteudo),
    concluido_em = CASE WHEN NOT t.reabrir AND d.situacao IN ('concluido', 'descartado') THEN statement_timestamp() END,
    operacao = CASE WHEN t.reabrir AND d.situacao = 'concluido' AND d.operacao = 'inclusao' AND t.operacao = 'inclusao'
        THEN 'alteracao' ELSE t.operacao END,
    reabrir = false
FROM d WHERE t.id = d.id;
