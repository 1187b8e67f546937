-- TrakCare: page of PacienteSES by its marker, for the comparison with the Integrador's copy. Binds: marcador, chave (last row seen, or
-- NULL) and limite.
SELECT s.pacienteid AS chave, s.atualizadoem AS marcador, s.alteradoclinicoem, s.prontuario, s.nome, s.nome2, s.nome3, s.nomemae,
    s.datanascimento, s.sexo, s.documento, s.cartao, s.celular, s.email, s.obito, s.dataobito, s.unificadocom
FROM sqluser.pacienteses s
WHERE s.atualizadoem >= :marcador AND (:chave IS NULL OR s.atualizadoem > :marcador OR s.pacienteid > :chave)
ORDER BY s.atualizadoem, s.pacienteid
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
