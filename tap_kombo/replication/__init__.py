"""What to ask, in which order, and what is remembered; knows neither HTTP nor the SDK."""
