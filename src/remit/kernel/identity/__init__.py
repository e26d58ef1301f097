"""Who is who by machine: sessions, API tokens, service accounts. Sign-in itself is django-allauth's."""
