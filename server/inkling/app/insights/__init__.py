"""The Insights page: what it shows, collected from the user's own events and model, and the page as one HTML file."""
