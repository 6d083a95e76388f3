"""Files in, typed raw tables out."""
