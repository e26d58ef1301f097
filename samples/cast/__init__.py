"""Who and what every area of the sample shares: units, people, assets and what depends on what."""
