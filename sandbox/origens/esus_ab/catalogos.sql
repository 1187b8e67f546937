-- Code tables of the sandbox: official codes (LEDI, CID-10, CIAP-2, SIGTAP, CATMAT, CBO) as far as the generator uses them.
insert into tb_status_atend (co_status_atend, no_status_atend, no_identificador) values
    (1, 'Aguardando atendimento', 'AGUARDANDO'), (2, 'Em escuta inicial', 'EM_ESCUTA_INICIAL'), (3, 'Em atendimento', 'EM_ATENDIMENTO'),
    (4, 'Atendimento realizado', 'REALIZADO'), (5, 'Não aguardou', 'NAO_AGUARDOU');
insert into tb_tipo_atend_prof (co_tipo_atend_prof, no_tipo_atend_prof) values
    (1, 'CONSULTA'), (2, 'ESCUTA INICIAL'), (3, 'CONSULTA ODONTOLÓGICA'), (4, 'ATENDIMENTO DE PROCEDIMENTO'), (5, 'VACINAÇÃO'),
    (6, 'PRÉ-NATAL'), (7, 'PUERICULTURA');
insert into tb_tipo_atend (co_tipo_atend, no_tipo_atend, no_identificador) values
    (1, 'Consulta agendada programada', 'CONSULTA_PROGRAMADA'), (2, 'Consulta agendada', 'CONSULTA_AGENDADA'),
    (5, 'Consulta no dia', 'CONSULTA_DIA'), (6, 'Atendimento de urgência', 'URGENCIA');
insert into tb_status_atend_prof (co_status_atend_prof, no_status_atend_prof) values
    (1, 'Em andamento'), (2, 'Finalizado');
insert into tb_raca_cor (co_raca_cor, no_raca_cor, nu_ms, co_raca_cor_cadsus) values
    (1, 'BRANCA', '1', '01'), (2, 'PRETA', '2', '02'), (3, 'AMARELA', '3', '04'), (4, 'PARDA', '4', '03'), (5, 'INDÍGENA', '5', '05'),
    (6, 'SEM INFORMAÇÃO', '6', '99');
insert into tb_cbo (co_cbo, co_cbo_2002, no_cbo) values
    (1, '225142', 'Médico da estratégia de saúde da família'), (2, '223565', 'Enfermeiro da estratégia de saúde da família'),
    (3, '322250', 'Auxiliar de enfermagem da estratégia de saúde da família'),
    (4, '223293', 'Cirurgião-dentista da estratégia de saúde da família'),
    (5, '322245', 'Técnico de enfermagem da estratégia de saúde da família');
insert into tb_conselho_classe (co_conselho_classe, sg_conselho_classe, no_conselho_classe) values
    (1, 'CRM', 'Conselho Regional de Medicina'), (2, 'COREN', 'Conselho Regional de Enfermagem'),
    (3, 'CRO', 'Conselho Regional de Odontologia');
insert into tb_cid10 (co_cid10, nu_cid10, no_cid10, st_ativo) values
    (1, 'I10', 'Hipertensão essencial (primária)', 1), (2, 'E119', 'Diabetes mellitus não-insulino-dependente - sem complicações', 1),
    (3, 'J069', 'Infecção aguda das vias aéreas superiores não especificada', 1), (4, 'Z000', 'Exame médico geral', 1),
    (5, 'M545', 'Dor lombar baixa', 1), (6, 'R51', 'Cefaléia', 1),
    (7, 'N390', 'Infecção do trato urinário de localização não especificada', 1), (8, 'F411', 'Ansiedade generalizada', 1),
    (9, 'E785', 'Hiperlipidemia não especificada', 1), (10, 'J459', 'Asma não especificada', 1),
    (11, 'K297', 'Gastrite não especificada', 1), (12, 'Z348', 'Supervisão de outra gravidez normal', 1),
    (13, 'A09', 'Diarréia e gastroenterite de origem infecciosa presumível', 1), (14, 'L209', 'Dermatite atópica, não especificada', 1),
    (15, 'E669', 'Obesidade não especificada', 1), (16, 'F329', 'Episódio depressivo não especificado', 1),
    (17, 'B349', 'Infecção viral não especificada', 1), (18, 'H669', 'Otite média não especificada', 1),
    (19, 'Z001', 'Exame de rotina de saúde da criança', 1), (20, 'I500', 'Insuficiência cardíaca congestiva', 1);
insert into tb_ciap (co_seq_ciap, co_ciap, ds_ciap) values
    (701, 'K86', 'Hipertensão sem complicações'), (702, 'T90', 'Diabetes não insulino-dependente'),
    (703, 'R74', 'Infecção aguda do aparelho respiratório superior'), (704, 'A98', 'Medicina preventiva/manutenção da saúde'),
    (705, 'L03', 'Sinais/sintomas da região lombar'), (706, 'N01', 'Cefaleia'), (707, 'U71', 'Cistite/outra infecção urinária'),
    (708, 'P74', 'Distúrbio ansioso/estado de ansiedade'), (709, 'T93', 'Alteração do metabolismo dos lipídeos'), (710, 'R96', 'Asma'),
    (711, 'D07', 'Dispepsia/indigestão'), (712, 'W78', 'Gravidez'), (713, 'D73', 'Gastroenterite, presumível infecção'),
    (714, 'S87', 'Dermatite/eczema atópico'), (715, 'T82', 'Obesidade'), (716, 'P76', 'Perturbações depressivas'),
    (717, 'A77', 'Outras doenças virais'), (718, 'H71', 'Otite média aguda'), (719, 'A03', 'Febre'), (720, 'ABP001', 'Pré-natal');
insert into tb_proced (co_seq_proced, co_proced, no_proced, tp_proced, st_exame, st_ativo) values
    (3001, '0202010473', 'Dosagem de glicose', 'SIGTAP', 1, 1),
    (3002, '0202010503', 'Dosagem de hemoglobina glicosilada', 'SIGTAP', 1, 1),
    (3003, '0202010295', 'Dosagem de colesterol total', 'SIGTAP', 1, 1),
    (3004, '0202010279', 'Dosagem de colesterol HDL', 'SIGTAP', 1, 1), (3005, '0202010678', 'Dosagem de triglicerídeos', 'SIGTAP', 1, 1),
    (3006, '0202010317', 'Dosagem de creatinina', 'SIGTAP', 1, 1), (3007, '0202020380', 'Hemograma completo', 'SIGTAP', 1, 1),
    (3008, '0202050017', 'Análise de caracteres físicos, elementos e sedimento da urina', 'SIGTAP', 1, 1),
    (3009, '0202031179', 'Teste não treponêmico p/ detecção de sífilis', 'SIGTAP', 1, 1),
    (3010, '0202060250', 'Dosagem de hormônio tireoestimulante (TSH)', 'SIGTAP', 1, 1),
    (3011, '0204030153', 'Radiografia de tórax (PA e perfil)', 'SIGTAP', 1, 1),
    (3012, '0205020046', 'Ultrassonografia de abdômen total', 'SIGTAP', 1, 1), (3013, '0204030030', 'Mamografia', 'SIGTAP', 1, 1),
    (3101, '0301100039', 'Aferição de pressão arterial', 'SIGTAP', 0, 1), (3102, '0301100101', 'Inalação/nebulização', 'SIGTAP', 0, 1),
    (3103, '0301100284', 'Curativo simples', 'SIGTAP', 0, 1), (3104, '0214010015', 'Glicemia capilar', 'SIGTAP', 0, 1),
    (3105, '0101040024', 'Avaliação antropométrica', 'SIGTAP', 0, 1),
    (3106, '0301100209', 'Administração de medicamentos por via intramuscular', 'SIGTAP', 0, 1),
    (3107, 'ABPG011', 'Exame do pé diabético', 'AB', 0, 1);
insert into tb_imunobiologico (co_imunobiologico, sg_imunobiologico, no_imunobiologico, st_ativo) values
    (15, 'BCG', 'Vacina BCG', 1), (9, 'HepB', 'Vacina hepatite B', 1), (22, 'VIP', 'Vacina poliomielite inativada', 1),
    (42, 'Penta', 'Vacina penta', 1), (24, 'SCR', 'Vacina sarampo, caxumba, rubéola', 1), (14, 'FA', 'Vacina febre amarela', 1),
    (33, 'INF3', 'Vacina influenza trivalente', 1), (25, 'dT', 'Vacina dupla adulto', 1);
insert into tb_dose_imunobiologico (co_dose_imunobiologico, sg_dose_imunobiologico, no_dose_imunobiologico, nu_ordem) values
    (1, 'D1', '1ª dose', 1), (2, 'D2', '2ª dose', 2), (3, 'D3', '3ª dose', 3), (6, 'R1', '1º reforço', 6), (7, 'R2', '2º reforço', 7),
    (8, 'D', 'Dose', 8), (9, 'DU', 'Dose única', 9), (10, 'REV', 'Revacinação', 10);
insert into tb_imunobiologico_lote (co_seq_imunobiologico_lote, co_imunobiologico, ds_lote, dt_validade, co_imunobiologico_fabricante) values
    (1, 15, 'L01015A', '2027-01-28', 1), (2, 9, 'L02009A', '2027-02-28', 2), (3, 22, 'L03022A', '2027-03-28', 3),
    (4, 42, 'L04042A', '2027-04-28', 4), (5, 24, 'L05024A', '2027-05-28', 5), (6, 14, 'L06014A', '2027-06-28', 6),
    (7, 33, 'L07033A', '2027-07-28', 7), (8, 25, 'L08025A', '2027-08-28', 8);
insert into tb_estrategia_vacinacao (co_estrategia_vacinacao, no_estrategia_vacinacao, nu_estrategia_vacinacao) values
    (1, 'Rotina', '1'), (2, 'Especial', '2'), (3, 'Bloqueio', '3'), (4, 'Intensificação', '4'), (5, 'Campanha indiscriminada', '5'),
    (6, 'Campanha seletiva', '6'), (11, 'Pesquisa', '11');
insert into tb_via_adm_vacina (co_via_adm_vacina, no_via_adm_vacina) values
    (0, 'Oral'), (13, 'Intradérmica'), (14, 'Intramuscular'), (23, 'Subcutânea');
insert into tb_local_apl_vacina (co_local_apl_vacina, no_local_apl_vacina) values
    (1, 'Deltoide direito'), (2, 'Deltoide esquerdo'), (3, 'Vasto lateral da coxa direita'), (4, 'Vasto lateral da coxa esquerda');
insert into tb_tipo_glicemia (co_tipo_glicemia, no_tipo_glicemia) values
    (0, 'Jejum'), (1, 'Pós-prandial'), (2, 'Pré-prandial'), (3, 'Não especificado');
insert into tb_medicamento (co_seq_medicamento, no_principio_ativo, ds_concentracao, ds_unidade_fornecimento) values
    (501, 'Losartana potássica', '50 mg', 'comprimido'), (502, 'Hidroclorotiazida', '25 mg', 'comprimido'),
    (503, 'Metformina, cloridrato', '850 mg', 'comprimido'), (504, 'Glibenclamida', '5 mg', 'comprimido'),
    (505, 'Sinvastatina', '20 mg', 'comprimido'), (506, 'Omeprazol', '20 mg', 'cápsula'), (507, 'Paracetamol', '500 mg', 'comprimido'),
    (508, 'Dipirona sódica', '500 mg/mL', 'frasco'), (509, 'Amoxicilina', '500 mg', 'cápsula'),
    (510, 'Azitromicina', '500 mg', 'comprimido'), (511, 'Ibuprofeno', '600 mg', 'comprimido'),
    (512, 'Salbutamol, sulfato', '100 mcg/dose', 'frasco'), (513, 'Sulfato ferroso', '40 mg', 'comprimido'),
    (514, 'Ácido fólico', '5 mg', 'comprimido'), (515, 'Fluoxetina, cloridrato', '20 mg', 'cápsula'),
    (516, 'Anlodipino, besilato', '5 mg', 'comprimido'), (517, 'Enalapril, maleato', '10 mg', 'comprimido'),
    (518, 'Ácido acetilsalicílico', '100 mg', 'comprimido'), (519, 'Loratadina', '10 mg', 'comprimido'),
    (520, 'Pomada fitoterápica da unidade', '20 g', 'bisnaga');
insert into tb_medicamento_catmat (co_medicamento, co_catmat) values
    (501, 'BR0268856'), (502, 'BR0267674'), (503, 'BR0267691'), (504, 'BR0267671'), (505, 'BR0267747'), (506, 'BR0267712'),
    (507, 'BR0267778'), (508, 'BR0267205'), (509, 'BR0271089'), (510, 'BR0267140'), (511, 'BR0267677'), (512, 'BR0294887'),
    (513, 'BR0292344'), (514, 'BR0267503'), (515, 'BR0273009'), (516, 'BR0272434'), (517, 'BR0267651'), (518, 'BR0267502'),
    (519, 'BR0273466');
insert into tb_aplicacao_medicamento (co_aplicacao_medicamento, no_aplicacao_medicamento) values
    (0, 'Oral'), (6, 'Dermatológica'), (8, 'Inalatória'), (14, 'Intramuscular'), (17, 'Intravenosa'), (23, 'Subcutânea');
insert into tb_receita_tipo_frequencia (co_receita_tipo_frequencia, no_tipo_frequencia, no_identificador) values
    (1, 'Turno', 'TURNO'), (2, 'Frequência', 'FREQUENCIA'), (3, 'Intervalo', 'INTERVALO');
insert into tb_unidade_medida_tempo (co_unidade_medida_tempo, no_unidade_medida_tempo, no_identificador) values
    (1, 'Dia', 'DIA'), (2, 'Semana', 'SEMANA'), (3, 'Mês', 'MES');
insert into tb_substancia_espec_alergia (co_seq_substancia_espec_alergia, no_substancia_espec_alergia) values
    (1, 'Dipirona'), (2, 'Penicilina'), (3, 'Camarão'), (4, 'Látex'), (5, 'Picada de abelha'), (6, 'Leite de vaca');
