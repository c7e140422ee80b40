"""What orders say about members: counted by month, told to the app that keeps their standing."""
