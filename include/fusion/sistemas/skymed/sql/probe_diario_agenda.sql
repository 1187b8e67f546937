-- MV: 1 when the journal of AGE_CIR has any row. Read by the watcher several times a second.
SELECT COUNT(*) AS quantidade
FROM (SELECT j.id FROM fusion_integracao.atualizacaoagendacirurgia j OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY) x
