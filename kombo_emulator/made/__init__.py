"""Made-up values: what the schemas leave open about a small recruiting, HR or learning tool."""
