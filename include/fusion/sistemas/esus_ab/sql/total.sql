-- e-SUS PEC: how many attendances the whole history has, for the progress of an initial load.
SELECT COUNT(*) AS total FROM tb_atend
