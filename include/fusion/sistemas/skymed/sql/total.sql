-- MV: how many surgical bookings there are.
SELECT COUNT(*) AS total FROM dbamv.age_cir
