"""Teams, who belongs to them, and who is at the desk."""
