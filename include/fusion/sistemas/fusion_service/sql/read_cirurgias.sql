-- MV: surgeries of a batch of bookings.
SELECT g.cd_age_cir AS chave, ca.cd_cirurgia_aviso, ca.sn_principal, ca.ds_lateralidade, c.cd_pro_fat, c.ds_cirurgia
FROM dbamv.age_cir g
JOIN dbamv.cirurgia_aviso ca ON ca.cd_aviso_cirurgia = g.cd_aviso_cirurgia
JOIN dbamv.cirurgia c ON c.cd_cirurgia = ca.cd_cirurgia
WHERE g.cd_age_cir IN :chaves
ORDER BY g.cd_age_cir, ca.cd_cirurgia_aviso
