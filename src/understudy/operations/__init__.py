"""What an application may ask for besides chat, and what comes back, in nobody's dialect."""
