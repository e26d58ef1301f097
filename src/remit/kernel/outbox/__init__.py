"""What leaves the house: webhooks and mail, and the one client through which Remit speaks to other machines."""
