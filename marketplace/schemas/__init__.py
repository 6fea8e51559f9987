"""Marshmallow schemas, by noun: the same schema reads a form, a JSON body and a row of a file."""
