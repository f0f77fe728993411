"""After a workshop: the wrap-up, its records, the report to those who took part."""
