-- MV: how many attendances the whole history has, for the progress of an initial load.
SELECT COUNT(*) AS total FROM dbamv.atendime
