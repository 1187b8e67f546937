-- e-SUS PEC: prescribed medicines with their CATMAT code (older: no interrupted treatments).
SELECT f.co_atend AS chave, f.co_seq_atend_prof, r.co_seq_receita_medicamento, k.co_catmat, m.no_principio_ativo, m.ds_concentracao,
       m.ds_unidade_fornecimento, r.no_posologia, r.ds_dose, r.qt_receitada, r.st_uso_continuo, r.st_dose_unica,
       q.no_identificador AS tipo_frequencia, r.ds_frequencia_dose, r.qt_periodo_frequencia, w.no_unidade_medida_tempo,
       r.dt_inicio_tratamento, r.dt_fim_tratamento, r.ds_recomendacao, r.co_aplicacao_medicamento, 0 AS st_interrompido
FROM tb_atend_prof f
JOIN tb_receita_medicamento r ON r.co_atend_prof = f.co_seq_atend_prof
LEFT JOIN tb_medicamento m ON m.co_seq_medicamento = r.co_medicamento
LEFT JOIN tb_medicamento_catmat k ON k.co_medicamento = r.co_medicamento
LEFT JOIN tb_receita_tipo_frequencia q ON q.co_receita_tipo_frequencia = r.tp_frequencia_dose
LEFT JOIN tb_unidade_medida_tempo w ON w.co_unidade_medida_tempo = r.tp_un_medida_tempo_frequencia
WHERE f.co_atend IN :chaves AND f.st_cancelado IS DISTINCT FROM 1
ORDER BY r.co_seq_receita_medicamento
