"""What the last changes left undone or broken and that has a safe mend."""
