"""Results for people: the plan for a terminal."""
