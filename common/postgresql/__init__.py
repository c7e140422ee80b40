"""Django's PostgreSQL backend with a cheaper look at idle connections."""
