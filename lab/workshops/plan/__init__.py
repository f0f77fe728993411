"""Planning a workshop: agendas, who is invited, the calendar entry."""
