"""Django's PostgreSQL backend over connections that never wait without end."""
