"""Who may do what: accounts, roles, named permissions and sessions."""
