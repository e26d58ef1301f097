"""Sign-in by an organisation's own identity provider (OpenID Connect, SAML), and provisioning by SCIM 2.0."""
