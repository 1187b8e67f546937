-- inserir_entrada
INSERT INTO fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade);

-- travar_abertas
SELECT t.id FROM ImportacaoAtendimento t
WHERE t.id IN (SELECT t.id FROM fila_entrada e JOIN ImportacaoAtendimento t ON CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.integracao_id END = :integracao_id AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.processo END = :processo AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.chave END = e.chave WHERE e.n > :de AND e.n <= :ate)
ORDER BY t.id FOR UPDATE;

-- unir
MERGE INTO ImportacaoAtendimento t
USING (
    SELECT t.id, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    JOIN ImportacaoAtendimento t ON CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.integracao_id END = :integracao_id AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.processo END = :processo AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.chave END = e.chave
    WHERE e.n > :de AND e.n <= :ate
) e ON (t.id = e.id)
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = LEAST(t.prioridade, e.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END;

-- inserir
INSERT INTO ImportacaoAtendimento (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, o.chave, o.chave_paciente, o.operacao, o.prioridade, 'pendente', 0, 0, SYS_EXTRACT_UTC(SYSTIMESTAMP)
FROM (
    SELECT e.chave, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (SELECT 1 FROM ImportacaoAtendimento t WHERE CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.integracao_id END = :integracao_id AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.processo END = :processo AND CASE WHEN t.situacao IN ('pendente', 'reservado', 'erro') THEN t.chave END = e.chave)
    ORDER BY e.n
) o;

-- escolher
SELECT c.id FROM ImportacaoAtendimento c
WHERE CASE WHEN c.situacao IN ('pendente') THEN c.integracao_id END = :integracao_id AND CASE WHEN c.situacao IN ('pendente') THEN c.processo END = :processo
    AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= SYS_EXTRACT_UTC(SYSTIMESTAMP))
    AND (c.chave_paciente IS NULL OR (
        NOT EXISTS (SELECT 1 FROM ImportacaoAtendimento a
            WHERE CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.integracao_id END = :integracao_id AND CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.chave_paciente END = c.chave_paciente
                AND CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.situacao END = 'pendente'
                AND (a.prioridade < c.prioridade OR (a.prioridade = c.prioridade AND a.id < c.id)))
        AND NOT EXISTS (SELECT 1 FROM ImportacaoAtendimento r
            WHERE CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.integracao_id END = :integracao_id AND CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.chave_paciente END = c.chave_paciente
                AND CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.situacao END = 'reservado')))
ORDER BY CASE WHEN c.situacao IN ('pendente') THEN c.prioridade END, CASE WHEN c.situacao IN ('pendente') THEN c.id END
FETCH FIRST :quantos ROWS ONLY;

-- escolher_filtrado
SELECT c.id FROM ImportacaoAtendimento c
WHERE CASE WHEN c.situacao IN ('pendente') THEN c.integracao_id END = :integracao_id AND CASE WHEN c.situacao IN ('pendente') THEN c.processo END = :processo
    AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= SYS_EXTRACT_UTC(SYSTIMESTAMP))
    AND c.chave IN :chaves
    AND (c.chave_paciente IS NULL OR (
        NOT EXISTS (SELECT 1 FROM ImportacaoAtendimento a
            WHERE CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.integracao_id END = :integracao_id AND CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.chave_paciente END = c.chave_paciente
                AND CASE WHEN a.situacao IN ('pendente', 'reservado') THEN a.situacao END = 'pendente'
                AND (a.prioridade < c.prioridade OR (a.prioridade = c.prioridade AND a.id < c.id)))
        AND NOT EXISTS (SELECT 1 FROM ImportacaoAtendimento r
            WHERE CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.integracao_id END = :integracao_id AND CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.chave_paciente END = c.chave_paciente
                AND CASE WHEN r.situacao IN ('pendente', 'reservado') THEN r.situacao END = 'reservado')))
ORDER BY CASE WHEN c.situacao IN ('pendente') THEN c.prioridade END, CASE WHEN c.situacao IN ('pendente') THEN c.id END
FETCH FIRST :quantos ROWS ONLY;

-- travar
SELECT id, chave, chave_paciente, operacao, prioridade, tentativas, criado_em FROM ImportacaoAtendimento
WHERE id IN :ids AND situacao = 'pendente'
FOR UPDATE SKIP LOCKED;

-- reservar
UPDATE ImportacaoAtendimento SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL, reservado_ate = (SYS_EXTRACT_UTC(SYSTIMESTAMP) + NUMTODSINTERVAL(:prazo, 'SECOND'))
WHERE id = :id;

-- registrar
UPDATE ImportacaoAtendimento SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN (SYS_EXTRACT_UTC(SYSTIMESTAMP) + NUMTODSINTERVAL(:espera, 'SECOND')) END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN SYS_EXTRACT_UTC(SYSTIMESTAMP) END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono;
