"""Kombo over HTTP; knows neither Singer nor state nor streams."""
