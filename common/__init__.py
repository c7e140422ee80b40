"""What every app stands on: history, parameters, deadlines, push, text, calendars. Knows no app."""
