"""What connectors share: like them it knows the contract and nothing else of the platform."""
