"""Where the tables lie: connections, and Arrow in and out."""
