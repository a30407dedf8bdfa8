"""What Inkling does for the user, composed from ports: it asks minds, checks, scores, decides and records."""
