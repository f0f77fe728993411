"""A lab that behaves: people, teams and sponsors with a will of their own, and records that miss things."""
