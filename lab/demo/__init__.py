"""The demo lab: clearly fictional, played through the commands people use."""
