"""Import and export: CSV tables, registers kept elsewhere, Polis conversations, the whole lab."""
