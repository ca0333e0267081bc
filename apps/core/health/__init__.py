"""Is this process able to serve? For load balancers and the local supervisor."""
