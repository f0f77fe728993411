"""Server-rendered pages: sign-in, set-up, the public story, pictures, health."""
