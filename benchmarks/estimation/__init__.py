"""Fits of all models: how long, from nothing and from the cache, and beside PyMC's own sampler."""
