"""A server that speaks Oracle's wire protocol, for machines without Oracle. It is a preview that imitates Oracle, not a proof of Oracle."""
