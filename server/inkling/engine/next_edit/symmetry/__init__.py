"""Counterparts that siblings have and a newcomer lacks."""
