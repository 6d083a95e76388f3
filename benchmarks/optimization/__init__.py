"""Plans of this optimiser beside the exact optimum and those of its peers."""
