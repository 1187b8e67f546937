create index idx_revisao_data on tb_revisao (dt_revisao);
