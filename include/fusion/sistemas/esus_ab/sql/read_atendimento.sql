-- e-SUS PEC: the visit, its citizen with address and race, unit and team.
-- co_unificado_em: the citizen whose chart survived a merge. cancelado = 1: every professional attendance is cancelled.
SELECT a.co_seq_atend AS chave, a.st_atend, a.dt_inicio, a.dt_fim, a.dt_ultima_alteracao_status, a.co_atend_prof,
       (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) AS cancelado,
       c.co_seq_cidadao, c.nu_cpf, c.nu_cns, c.no_cidadao, c.no_social, c.no_mae, c.no_pai, c.dt_nascimento, c.dt_obito, c.no_sexo,
       c.co_raca_cor, c.st_ativo, c.nu_telefone_celular, c.nu_telefone_residencial, c.nu_telefone_contato, c.ds_email,
       c.ds_logradouro, c.nu_numero, c.st_sem_numero, c.ds_complemento, c.no_bairro, c.ds_cep, m.no_localidade, m.co_ibge, uf.sg_uf,
       (SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
        WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo) AS co_unificado_em,
       u.co_seq_unidade_saude, u.nu_cnes, u.no_unidade_saude, e.nu_ine, e.no_equipe
FROM tb_atend a
JOIN tb_prontuario p ON p.co_seq_prontuario = a.co_prontuario
LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao
LEFT JOIN tb_localidade m ON m.co_localidade = c.co_localidade_endereco
LEFT JOIN tb_uf uf ON uf.co_uf = c.co_uf
LEFT JOIN tb_unidade_saude u ON u.co_seq_unidade_saude = a.co_unidade_saude
LEFT JOIN tb_equipe e ON e.co_seq_equipe = a.co_equipe
WHERE a.co_seq_atend IN :chaves
