"""What every layer may use: settings and errors."""
