"""The processes of a served lab: how they start, reach one another, and stop together."""
